/** All that only threads need whose pools have `maxRequests`: loaded by the first snapshot that has any. */
export { Admission } from '../../upstream/admission.ts';
