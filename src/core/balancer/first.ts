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
  readonly #inflight: Int32Array;
  readonly #slots: Int32Array;
  /** What one attempt weighs; infinite for a weight of 0. */
  readonly #costs: Float64Array;
  /** What has as much in flight, or a bit that closes it, is passed by; 0 for a weight of 0. */
  readonly #full: Int32Array;

  constructor({ table, slots, weights, capacities }: PolicyInput) {
    this.#inflight = table.inflight;
    this.#slots = slots;
    this.#costs = reciprocals(weights);
    this.#full = Int32Array.from(weights, (weight, index) => {
      return weight === 0 ? 0 : Math.min(capacities === null ? FULL : capacities[index], FULL);
    });
  }

  pick({ tried }: PickRequest): number {
    const index = this.#pick(tried);
    return index >= 0 || tried === null || tried.length === 0 ? index : this.#pick(null);
  }

  #pick(tried: readonly number[] | null): number {
    const index = this.#firstWithRoom(tried);
    return index >= 0 ? index : this.#emptiest(tried);
  }

  #firstWithRoom(tried: readonly number[] | null): number {
    const inflight = this.#inflight;
    const slots = this.#slots;
    const full = this.#full;
    const end = slots.length | 0;
    for (let index = 0; index < end; index = (index + 1) | 0) {
      if (inflight[slots[index]] < full[index] && !isTried(index, tried)) return index;
    }
    return -1;
  }

  /** The one with the fewest in flight per weight of all that are eligible. */
  #emptiest(tried: readonly number[] | null): number {
    const inflight = this.#inflight;
    const slots = this.#slots;
    const costs = this.#costs;
    const end = slots.length | 0;
    let emptiest = -1;
    let lowest = Infinity;
    for (let index = 0; index < end; index = (index + 1) | 0) {
      const load = inflight[slots[index]];
      const cost = load * costs[index];
      // A bit that closes it is a load of a billion, and yet others may weigh so little.
      if (cost < lowest && load < FULL && !isTried(index, tried)) {
        emptiest = index;
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
