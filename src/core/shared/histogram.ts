/**
 * A log-linear histogram of times: eight buckets to the octave (at most 6.7 % from the truth at a bucket's middle),
 * from 1 µs to 134 s, a minimal form of the idea of HdrHistogram (Tene).
 */
const SUB_BITS = 3;
const SUB = 1 << SUB_BITS;
const MAX_MICROS = 2 ** 27 - 1;

export const HISTOGRAM_BUCKETS = (27 - SUB_BITS + 1) * SUB;

/** The bucket of a time; what is below 0 or no number goes to the first, what is too long to the last. */
export function bucketOf(ms: number): number {
  const micros = ms * 1000;
  // Not `micros < SUB`: NaN must not pass, it would name a bucket in front of the histogram.
  if (!(micros >= SUB)) return micros > 0 ? micros | 0 : 0;
  const value = micros > MAX_MICROS ? MAX_MICROS : micros | 0;
  const octave = 31 - Math.clz32(value) - SUB_BITS;
  return (octave + 1) * SUB + ((value >>> octave) & (SUB - 1));
}

/** The middle of a bucket, in ms. */
export function bucketMiddle(bucket: number): number {
  if (bucket < SUB) return (bucket + 0.5) / 1000;
  const octave = ((bucket / SUB) | 0) - 1;
  const low = (SUB + (bucket % SUB)) * 2 ** octave;
  return (low + 2 ** octave / 2) / 1000;
}

/** The end of a bucket, in ms. */
export function bucketEnd(bucket: number): number {
  if (bucket < SUB) return (bucket + 1) / 1000;
  const octave = ((bucket / SUB) | 0) - 1;
  return ((SUB + (bucket % SUB) + 1) * 2 ** octave) / 1000;
}

/** The value below which the share `q` (0 to 1) of all samples lies, in ms; 0 without samples. */
export function quantile(histogram: ArrayLike<number>, q: number): number {
  let total = 0;
  for (let bucket = 0; bucket < histogram.length; bucket++) total += histogram[bucket];
  if (total === 0) return 0;
  let left = Math.max(1, Math.ceil(total * q));
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    left -= histogram[bucket];
    if (left <= 0) return bucketMiddle(bucket);
  }
  return bucketMiddle(histogram.length - 1);
}
