/** Weights as the whole numbers that their users wrote, so that shares and ties can be exact. */

/** Decimal fractions are turned into whole numbers by a power of ten up to this. */
const MAX_SCALE = 1e6;

/**
 * The weights in lowest terms: made whole by the smallest power of ten that does it, then divided by their greatest
 * common divisor. Null where some have more than six decimals, as 1/3 has.
 */
export function toIntegerWeights(weights: readonly number[]): number[] | null {
  for (let scale = 1; scale <= MAX_SCALE; scale *= 10) {
    const scaled = weights.map((weight) => Math.round(weight * scale));
    if (scaled.every((value, index) => value / scale === weights[index])) return toLowestTerms(scaled);
  }
  return null;
}

/** Whole numbers divided by their greatest common divisor. */
export function toLowestTerms(weights: readonly number[]): number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  return divisor > 1 ? weights.map((weight) => weight / divisor) : [...weights];
}

/** The least common multiple of the weights above 0; infinite where it is beyond `limit`. */
export function leastCommonMultiple(weights: readonly number[], limit: number): number {
  let multiple = 1;
  for (const weight of weights) {
    if (weight === 0) continue;
    multiple *= weight / greatestCommonDivisor(multiple, weight);
    if (multiple > limit) return Infinity;
  }
  return multiple;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
