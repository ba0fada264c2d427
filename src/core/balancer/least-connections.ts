/**
 * `least-connections`: the endpoint with the lowest (attempts in flight + 1) / weight over all threads. The totals
 * are exact; a choice may be one pick per other thread behind. Ties go in turn, starting behind the last pick.
 *
 * One pass over the dense in-flight column, with plain loads and reciprocal weights. The column is read in slot
 * order: a slot in its range that is not of this pool costs infinity there, so that the pass needs no indirection.
 */
import { INELIGIBLE } from '../shared/pool-table.ts';
import { parseNoOptions } from './policy.ts';
import type { Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { reciprocals } from './reciprocals.ts';

class LeastConnectionsPolicy implements Policy {
  /** The table's in-flight column from the pool's lowest slot to its highest. */
  readonly #inflight: Int32Array;
  /** What one attempt weighs at the same place: the lower, the more it takes. */
  readonly #costs: Float64Array;
  /** Pool order of the same place. */
  readonly #indexes: Int32Array;
  /** Cost of an idle endpoint of the highest weight: nothing is lower. */
  readonly #floor: number;
  /** Where the next pass begins. Threads begin apart, so that they do not all fill an idle pool from its start. */
  #start: number;

  constructor(input: PolicyInput) {
    const { slots, weights, table, random } = input;
    const low = slots.length === 0 ? 0 : slots.reduce((a, b) => Math.min(a, b));
    const high = slots.length === 0 ? -1 : slots.reduce((a, b) => Math.max(a, b));
    const costs = reciprocals(weights);
    this.#inflight = table.inflight.subarray(low, high + 1);
    this.#costs = new Float64Array(this.#inflight.length).fill(Infinity);
    this.#indexes = new Int32Array(this.#inflight.length);
    slots.forEach((slot, index) => {
      this.#costs[slot - low] = costs[index];
      this.#indexes[slot - low] = index;
    });
    this.#floor = costs.reduce((a, b) => Math.min(a, b), Infinity);
    this.#start = Math.floor(random.next() * this.#inflight.length);
  }

  pick(tried: readonly number[] | null): number {
    const avoided = tried !== null && tried.length > 0 ? tried : null;
    let at = this.#lowest(avoided);
    if (at < 0 && avoided !== null) at = this.#lowest(null);
    if (at < 0) return -1;
    this.#start = at + 1 === this.#inflight.length ? 0 : at + 1;
    return this.#indexes[at];
  }

  /** Place of the lowest cost, the first from the start on where several share it; -1 without any. */
  #lowest(tried: readonly number[] | null): number {
    const start = this.#start;
    const behind = this.#scan(start, this.#inflight.length, Infinity, tried);
    const bound = behind < 0 ? Infinity : (this.#inflight[behind] + 1) * this.#costs[behind];
    if (bound <= this.#floor) return behind;
    const before = this.#scan(0, start, bound, tried);
    return before < 0 ? behind : before;
  }

  /** Hot path. Place of the lowest cost in [from, to), the first where several share it; -1 where none is below `bound`. */
  #scan(from: number, to: number, bound: number, tried: readonly number[] | null): number {
    const inflight = this.#inflight;
    const costs = this.#costs;
    const floor = this.#floor;
    let best = -1;
    let lowest = bound;
    for (let at = from; at < to; at++) {
      const load = inflight[at];
      const cost = (load + 1) * costs[at];
      if (cost < lowest && (load & INELIGIBLE) === 0 && (tried === null || !tried.includes(this.#indexes[at]))) {
        best = at;
        lowest = cost;
        if (cost <= floor) return best;
      }
    }
    return best;
  }
}

export const leastConnections: PolicyDefinition = {
  name: 'least-connections',
  needs: ['inflight'],
  parseOptions: parseNoOptions,
  create: (input) => new LeastConnectionsPolicy(input),
};
