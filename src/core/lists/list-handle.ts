/** A named list on its way to threads, and who counts what it has decided. */

export interface ListHandle {
  readonly name: string;
  /** Of `buildRanges`. */
  readonly ranges: SharedArrayBuffer;
  /** Requests that it has decided about: {@link HITS_STRIDE} doubles for each worker, of which the first counts. */
  readonly hits: SharedArrayBuffer;
}

/** Two cache lines: a buffer need not begin on a line's border. */
export const HITS_STRIDE = 16;

export function createHits(workerSlots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workerSlots * HITS_STRIDE * 8);
}

/** Over all workers. */
export function sumHits(hits: SharedArrayBuffer): number {
  const counts = new Float64Array(hits);
  let sum = 0;
  for (let at = 0; at < counts.length; at += HITS_STRIDE) sum += counts[at];
  return sum;
}
