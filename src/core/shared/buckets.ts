/** Hash tables in shared memory whose buckets are one cache line: a tag and a word for each of eight keys. */

/** Keys of a bucket. */
export const SLOTS = 8;

/** Buckets for so many keys: a power of two of them. */
export function bucketsFor(keys: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(keys / SLOTS)));
}
