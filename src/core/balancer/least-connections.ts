/**
 * `least-connections`: the endpoint with the lowest (attempts in flight + 1) / weight over all threads. The totals
 * are exact; a choice may be one pick per other thread behind. Ties go in turn, starting behind the last pick.
 *
 * One pass over the dense in-flight column, with plain loads and reciprocal weights. The column is read in slot order:
 * a slot in its range that is not of this pool costs infinity there, so that the pass needs no indirection. The pass
 * does not test whether an endpoint is eligible, since the ineligible bit makes its load a billion. If the lowest of
 * all is ineligible nevertheless, or has been tried, a second pass decides, which tests every endpoint.
 */
import { CLOSED } from '../shared/pool-table.ts';
import { isTried } from './candidates.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { reciprocals } from './reciprocals.ts';

class LeastConnectionsPolicy implements Policy {
  /** The table's in-flight column from the pool's lowest slot to its highest. */
  readonly #inflight: Int32Array;
  /** Cost of one attempt at the same place: the lower, the more attempts the endpoint takes. */
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

  pick({ tried }: PickRequest): number {
    let at = this.#lowest();
    if (at >= 0 && !this.#isOpen(at, tried)) {
      at = this.#lowestOpen(tried);
      if (at < 0 && tried !== null) at = this.#lowestOpen(null);
    }
    if (at < 0) return -1;
    this.#start = at + 1 === this.#inflight.length ? 0 : at + 1;
    return this.#indexes[at];
  }

  /** Place of the lowest cost of all, the first from the start on where several share it; -1 in an empty pool. */
  #lowest(): number {
    const start = this.#start;
    const behind = this.#scan(start, this.#inflight.length, Infinity);
    const bound = behind < 0 ? Infinity : this.#costAt(behind);
    if (bound <= this.#floor) return behind;
    const before = this.#scan(0, start, bound);
    return before < 0 ? behind : before;
  }

  /**
   * Place of the lowest cost in [from, to), the first where several share it; -1 where none is below `bound`. Hot
   * path: 1.1 ns an endpoint; twice that without the conversions, which tell the compiler that nothing here is
   * anything but an Int32 or a double, and three times with a question about eligibility (bench/policies.ts).
   */
  #scan(from: number, to: number, bound: number): number {
    const inflight = this.#inflight;
    const costs = this.#costs;
    /* eslint-disable @typescript-eslint/no-unnecessary-type-conversion -- it changes the machine code, see above */
    const floor = +this.#floor;
    let lowest = +bound;
    /* eslint-enable @typescript-eslint/no-unnecessary-type-conversion */
    const end = to | 0;
    let best = -1;
    for (let at = from | 0; at < end; at = (at + 1) | 0) {
      const cost = ((inflight[at] + 1) | 0) * costs[at];
      if (cost < lowest) {
        best = at;
        lowest = cost;
        if (cost <= floor) break;
      }
    }
    return best;
  }

  /** Like `#lowest`, but of the endpoints that are eligible and not in `tried`. */
  #lowestOpen(tried: readonly number[] | null): number {
    const length = this.#inflight.length;
    let best = -1;
    let lowest = Infinity;
    for (let step = 0; step < length; step++) {
      const at = (this.#start + step) % length;
      const cost = this.#costAt(at);
      if (cost < lowest && this.#isOpen(at, tried)) {
        best = at;
        lowest = cost;
      }
    }
    return best;
  }

  #costAt(at: number): number {
    return (this.#inflight[at] + 1) * this.#costs[at];
  }

  #isOpen(at: number, tried: readonly number[] | null): boolean {
    return (this.#inflight[at] & CLOSED) === 0 && !isTried(this.#indexes[at], tried);
  }
}

export const leastConnections: PolicyDefinition = {
  name: 'least-connections',
  readsInFlight: true,
  isLinear: true,
  create: (input) => new LeastConnectionsPolicy(input),
};
