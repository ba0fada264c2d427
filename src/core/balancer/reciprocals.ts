/** Reciprocal weights: they replace a division by a multiplication in the one loop where that is noticeable. */
import { leastCommonMultiple, toIntegerWeights } from './integer-weights.ts';

/** Whole reciprocals up to this are exact in a double for in-flight counts of up to two million. */
const MAX_EXACT = 2 ** 32;

/**
 * Numbers in proportion to 1 / weight, infinite for a weight of 0. They are whole if the weights have a common multiple
 * that is not too large: then loads in proportion to their weights compare as equal, to the last bit, which rounded
 * reciprocals would not do (49 · (1 / 49) < 1).
 */
export function reciprocals(weights: Float64Array): Float64Array {
  const whole = toIntegerWeights(Array.from(weights));
  const multiple = whole === null ? Infinity : leastCommonMultiple(whole, MAX_EXACT);
  if (whole === null || multiple === Infinity) return weights.map((weight) => 1 / weight);
  return Float64Array.from(whole, (weight) => multiple / weight);
}
