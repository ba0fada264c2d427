/** All that only threads need whose routes redirect: loaded by the first snapshot that has any. */
export { createRedirect } from '../../http/steps/redirect.ts';
