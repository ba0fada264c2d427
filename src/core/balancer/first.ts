/**
 * `first`: fills one endpoint after another, in the order of the pool, so that those at its end can be switched off while
 * there is little to do. An endpoint is full when it has as many attempts in flight as it may have sockets. When all are
 * full, the one with the fewest per weight.
 */
import { FULL } from '../shared/pool-table.ts';
import { isTried } from './candidates.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { reciprocals } from './reciprocals.ts';

class FirstPolicy implements Policy {
  /** The table's in-flight column from the pool's lowest slot to its highest. */
  readonly #inflight: Int32Array;
  /** Of the same place: what has as much in flight, or a bit that closes it, is passed by; 0 for a weight of 0. */
  readonly #full: Int32Array;
  /** Of the same place: what one attempt weighs; infinite for a weight of 0. */
  readonly #costs: Float64Array;
  /** The places in pool order; null where that is the order of the column. */
  readonly #places: Int32Array | null;
  /** Index in the pool of the same place. */
  readonly #indexes: Int32Array;

  constructor({ table, slots, weights, capacities }: PolicyInput) {
    const low = slots.reduce((a, b) => Math.min(a, b), Infinity);
    const high = slots.reduce((a, b) => Math.max(a, b), -Infinity);
    this.#inflight = slots.length === 0 ? new Int32Array(0) : table.inflight.subarray(low, high + 1);
    // A place between them that belongs to nobody of the pool is always full.
    this.#full = new Int32Array(this.#inflight.length);
    this.#costs = new Float64Array(this.#inflight.length).fill(Infinity);
    this.#indexes = new Int32Array(this.#inflight.length);
    const costs = reciprocals(weights);
    slots.forEach((slot, index) => {
      const most = capacities === null ? FULL : capacities[index];
      this.#full[slot - low] = weights[index] === 0 ? 0 : Math.min(most, FULL);
      this.#costs[slot - low] = costs[index];
      this.#indexes[slot - low] = index;
    });
    this.#places = slots.every((slot, index) => index === 0 || slots[index - 1] < slot)
      ? null
      : slots.map((slot) => slot - low);
  }

  pick({ tried }: PickRequest): number {
    const index = this.#pick(tried);
    return index >= 0 || tried === null || tried.length === 0 ? index : this.#pick(null);
  }

  #pick(tried: readonly number[] | null): number {
    const places = this.#places;
    const at = places === null ? this.#firstWithRoom(tried) : this.#firstInOrder(places, tried);
    if (at >= 0) return this.#indexes[at];
    return this.#emptiest(tried);
  }

  #firstWithRoom(tried: readonly number[] | null): number {
    const end = this.#full.length;
    for (let at = this.#next(0); at < end; at = this.#next(at + 1)) {
      if (!isTried(this.#indexes[at], tried)) return at;
    }
    return -1;
  }

  /**
   * Hot path: the next place with room, the length where there is none. Two dense columns, without a look at who stands
   * where, four places for each question: the sign of the difference says which of them has room (bench/policies.ts).
   */
  #next(from: number): number {
    const inflight = this.#inflight;
    const full = this.#full;
    const end = full.length | 0;
    let at = from | 0;
    for (const last = (end - 3) | 0; at < last; at = (at + 4) | 0) {
      const first = inflight[at] - full[at];
      const second = inflight[(at + 1) | 0] - full[(at + 1) | 0];
      const third = inflight[(at + 2) | 0] - full[(at + 2) | 0];
      const fourth = inflight[(at + 3) | 0] - full[(at + 3) | 0];
      if ((first | second | third | fourth) < 0) break;
    }
    for (; at < end; at = (at + 1) | 0) if (inflight[at] < full[at]) return at;
    return end;
  }

  /** The same where slots were given to others than before, so that the pool has another order than the table. */
  #firstInOrder(places: Int32Array, tried: readonly number[] | null): number {
    const inflight = this.#inflight;
    const full = this.#full;
    const end = places.length | 0;
    for (let index = 0; index < end; index = (index + 1) | 0) {
      const at = places[index];
      if (inflight[at] < full[at] && !isTried(index, tried)) return at;
    }
    return -1;
  }

  /** The index of the one with the fewest in flight per weight of all that are eligible, the first of the pool's order. */
  #emptiest(tried: readonly number[] | null): number {
    const inflight = this.#inflight;
    const costs = this.#costs;
    const places = this.#places;
    const end = (places === null ? inflight.length : places.length) | 0;
    let emptiest = -1;
    let lowest = Infinity;
    for (let step = 0; step < end; step = (step + 1) | 0) {
      const at = places === null ? step : places[step];
      const load = inflight[at];
      const cost = load * costs[at];
      // A bit that closes it is a load of a billion, and yet others may weigh so little.
      if (cost < lowest && load < FULL && !isTried(this.#indexes[at], tried)) {
        emptiest = this.#indexes[at];
        lowest = cost;
      }
    }
    return emptiest;
  }
}

export const first: PolicyDefinition = {
  name: 'first',
  readsInFlight: true,
  isLinear: true,
  create: (input) => new FirstPolicy(input),
};
