/** Random pools for tests that compare what a policy picks with what its definition says. */
import fc from 'fast-check';
import { EJECTED, PoolTable, UNHEALTHY, createPoolTable } from '../../src/core/shared/pool-table.ts';

/** What an endpoint of such a pool is like, and where in the table it is. */
export interface Situation {
  readonly slot: number;
  readonly weight: number;
  readonly flags: number;
  readonly inFlight: number;
  readonly isTried: boolean;
  readonly capacity: number;
}

const MOST = 30;

const endpoint = fc.record({
  weight: fc.constantFrom(0, 0.5, 1, 1, 1, 2, 3, 5, 1000),
  flags: fc.constantFrom(0, 0, 0, 0, UNHEALTHY, EJECTED),
  inFlight: fc.nat(4),
  isTried: fc.boolean(),
  capacity: fc.integer({ min: 1, max: 4 }),
});

/** Slots in any order and with gaps between them, as reloads leave them; or as they are at the start. */
const slots = fc.oneof(
  fc.uniqueArray(fc.nat(2 * MOST), { minLength: MOST, maxLength: MOST }),
  fc.constant(Array.from({ length: MOST }, (_none, index) => index)),
);

export const situations: fc.Arbitrary<readonly Situation[]> = fc
  .tuple(fc.array(endpoint, { maxLength: MOST }), slots)
  .map(([endpoints, places]) => endpoints.map((each, index) => ({ ...each, slot: places[index] })));

/** The pool as a policy is given it. Another endpoint of the table, which is not of the pool, is idle. */
export function poolOf(situation: readonly Situation[]) {
  const table = new PoolTable(createPoolTable(2 * MOST + 1, 1), 0);
  for (const { slot, flags, inFlight } of situation) {
    for (let count = 0; count < inFlight; count++) table.acquire(slot);
    table.setHealth(slot, flags);
  }
  const tried = situation.flatMap(({ isTried }, index) => (isTried ? [index] : []));
  return {
    table,
    slots: Int32Array.from(situation, ({ slot }) => slot),
    weights: Float64Array.from(situation, ({ weight }) => weight),
    capacities: Int32Array.from(situation, ({ capacity }) => capacity),
    tried: tried.length === 0 ? null : tried,
  };
}

/**
 * The index of the lowest number, the first of those that share it, among those that may be picked; -1: there is none.
 * Those that were tried only where there is no other.
 */
export function lowestOf(
  situation: readonly Situation[],
  numberOf: (endpoint: Situation, index: number) => number,
): number {
  for (const mayBeTried of [false, true]) {
    let best = -1;
    let lowest = Infinity;
    situation.forEach((each, index) => {
      const isOpen = each.flags === 0 && each.weight > 0 && (mayBeTried || !each.isTried);
      const number = isOpen ? numberOf(each, index) : Infinity;
      if (number >= lowest) return;
      best = index;
      lowest = number;
    });
    if (best >= 0) return best;
  }
  return -1;
}
