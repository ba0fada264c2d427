/** What a bench needs of statistics: the middle of a few rounds, and how far they lie apart. */

/** Middle value; NaN without values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Ratio of two contestants that ran in turn: each round is compared with the same round of the other, so that what
 * slows both (another process, a slower clock of the core) cancels out, and the middle ratio is taken.
 */
export function pairedRatio(values: readonly number[], baseline: readonly number[]): Spread {
  return spreadOf(values.slice(0, baseline.length).map((value, round) => value / baseline[round]));
}
