/**
 * The one module that makes worker URLs: from its own address, so that they end in `.ts` in a clone and in `.js`
 * where `tsc` has built it (which rewrites imports, but no URLs).
 */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The entry of the thread that writes the access log. */
export const SCRIBE_URL = new URL(`../../telemetry/scribe-thread.${extension}`, import.meta.url);

/** The entry of a data-plane thread. */
export const WORKER_URL = new URL(`../worker/worker.${extension}`, import.meta.url);
