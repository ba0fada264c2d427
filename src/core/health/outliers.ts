/** Who of a pool is worse than the others, in two pure functions over what the last ten seconds met. */
import type { Traffic } from './recent-traffic.ts';

/** From half of its share on, the others fail as well. */
const COMMON_SHARE = 0.5;
/** Rarer is no chance: of five endpoints that fail alike, the first to have five failures has as many by chance in 2 %. */
const CHANCE = 0.002;
/** From here on twice as many as expected are never chance. */
const MANY = 16;

/** Envoy's defaults for success rates. */
const FEWEST_ENDPOINTS = 5;
const FEWEST_REQUESTS = 100;
const DEVIATIONS = 1.9;

/**
 * Whether an endpoint has failures of kind `status` or `timeout` that the others do not have: their share of such
 * failures is at most half of its own, and that is not chance. A few failures fall unevenly: of five endpoints that fail
 * alike the first to have five has twice as many as the others on average. So where the others have any, it is asked how
 * likely so many of all these failures are at this one, by its part of the attempts (binomial). With nobody to compare
 * with it is an outlier.
 */
export function isOutlier(own: Traffic, others: Traffic): boolean {
  if (shareOf(others) > shareOf(own) * COMMON_SHARE) return false;
  if (others.common === 0 || own.common >= MANY) return true;
  const part = own.attempts / (own.attempts + others.attempts);
  return chanceOf(own.common, own.common + others.common, part) < CHANCE;
}

/** How likely at least so many of all are, each with this probability. */
function chanceOf(count: number, all: number, probability: number): number {
  let fewer = 0;
  let term = (1 - probability) ** all;
  for (let each = 0; each < count; each++) {
    fewer += term;
    term *= ((all - each) / (each + 1)) * (probability / (1 - probability));
  }
  return 1 - fewer;
}

/** An attempt that failed may have begun before the ten seconds. */
function shareOf({ attempts, common }: Traffic): number {
  return common === 0 ? 0 : common / Math.max(attempts, common);
}

/**
 * Success rate under mean − 1.9 σ over all endpoints that had at least 100 requests, where at least 5 have (Envoy's
 * success-rate ejection). Returns what is under it.
 */
export function belowSuccessRate<T extends Traffic>(endpoints: readonly T[]): readonly T[] {
  const counted = endpoints.filter(({ attempts }) => attempts >= FEWEST_REQUESTS);
  if (counted.length < FEWEST_ENDPOINTS) return [];
  const rates = counted.map(({ attempts, failures }) => 1 - Math.min(1, failures / attempts));
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  const least = mean - DEVIATIONS * Math.sqrt(variance);
  // Where all are alike rounding alone would put one under the mean.
  return counted.filter((_one, index) => rates[index] < least - 1e-9);
}
