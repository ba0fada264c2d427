/**
 * Smooth weighted round robin compiled into its repeating sequence. The algorithm is nginx's: at each pick every
 * endpoint's current value grows by its weight, the highest is picked (the first wins a tie) and loses the total;
 * 5,1,1 gives a a b a c a a. After as many picks as the weights add up to, all values are 0 again and it repeats.
 *
 * Endpoints of equal weight take turns among themselves, so only one value per distinct weight is kept: a sequence
 * of 4,096 picks holds at most 90 distinct weights, whatever the number of endpoints.
 */

import { toIntegerWeights, toLowestTerms } from './integer-weights.ts';

/** Most picks of a sequence; pools of over 1,024 endpoints get four per endpoint instead. */
const MAX_PICKS = 4096;
const MIN_PICKS_PER_ENDPOINT = 4;

/** Endpoints of one weight. */
interface Group {
  readonly weight: number;
  /** Indexes in pool order. */
  readonly members: number[];
  /** Picks of the whole group so far. */
  picks: number;
}

/**
 * Returns the indexes of one round, in order. Each index occurs `weight / gcd` times where that fits; else, and for
 * weights that are no decimal fractions, as near to its share as the length allows, but at least once. A weight of 0
 * does not occur; with no weight above 0 the sequence is empty.
 */
export function compileSequence(weights: ArrayLike<number>): Int32Array {
  const picks = picksPerRound(weights);
  const groups = groupByWeight(picks);
  const length = picks.reduce((sum, count) => sum + count, 0);
  const sequence = new Int32Array(length);
  for (let at = 0; at < length; at++) {
    const group = highest(groups, at + 1, length);
    sequence[at] = group.members[group.picks % group.members.length];
    group.picks++;
  }
  return sequence;
}

/** The group whose next member has the highest current value at the given pick of the round. */
function highest(groups: readonly Group[], pick: number, total: number): Group {
  let best = groups[0];
  let bestValue = -Infinity;
  for (const group of groups) {
    const rounds = Math.floor(group.picks / group.members.length);
    const value = group.weight * pick - total * rounds;
    if (value > bestValue || (value === bestValue && nextMember(group) < nextMember(best))) {
      best = group;
      bestValue = value;
    }
  }
  return best;
}

function nextMember(group: Group): number {
  return group.members[group.picks % group.members.length];
}

function groupByWeight(weights: readonly number[]): Group[] {
  const groups = new Map<number, Group>();
  weights.forEach((weight, index) => {
    if (weight === 0) return;
    const group = groups.get(weight);
    if (group === undefined) groups.set(weight, { weight, members: [index], picks: 0 });
    else group.members.push(index);
  });
  return [...groups.values()];
}

/** How often each index occurs in one round. */
function picksPerRound(weights: ArrayLike<number>): number[] {
  const given = Array.from(weights);
  const limit = Math.max(MAX_PICKS, given.length * MIN_PICKS_PER_ENDPOINT);
  const whole = toIntegerWeights(given);
  if (whole !== null && whole.reduce((sum, weight) => sum + weight, 0) <= limit) return whole;
  return toLowestTerms(apportion(given, limit));
}

/**
 * Shares out `seats` by weight with the largest remainders (Hamilton). Weights too small for a seat get one each,
 * smallest first, and the others share what is left.
 */
function apportion(weights: readonly number[], seats: number): number[] {
  const largest = weights.reduce((a, b) => Math.max(a, b), 0);
  const relative = weights.map((weight) => weight / largest);
  const given = weights.map((weight): number => (weight > 0 ? 1 : 0));
  const ascending = weights.map((_, index) => index).filter((index) => weights[index] > 0);
  ascending.sort((a, b) => weights[a] - weights[b]);
  let total = ascending.reduce((sum, index) => sum + relative[index], 0);
  let left = seats;
  let small = 0;
  for (; small < ascending.length && (relative[ascending[small]] / total) * left < 1; small++) {
    total -= relative[ascending[small]];
    left--;
  }
  const sharing = ascending.slice(small);
  const quotas = sharing.map((index) => ({ index, quota: (relative[index] / total) * left }));
  for (const { index, quota } of quotas) given[index] = Math.max(1, Math.floor(quota));
  let rest = seats - given.reduce((sum, count) => sum + count, 0);
  quotas.sort((a, b) => (b.quota % 1) - (a.quota % 1));
  for (const { index } of quotas) {
    if (rest-- <= 0) break;
    given[index]++;
  }
  return given;
}
