/**
 * `first`: fills one endpoint after another, in the order of the pool, so that those at its end can be switched off while
 * there is little to do. An endpoint is full when it has as many attempts in flight as it may have sockets. When all are
 * full, the one with the fewest per weight.
 */
import { COUNT_MASK, INELIGIBLE } from '../shared/pool-table.ts';
import { Candidates } from './candidates.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';

class FirstPolicy implements Policy {
  readonly #input: PolicyInput;
  readonly #candidates: Candidates;

  constructor(input: PolicyInput) {
    this.#input = input;
    this.#candidates = new Candidates(input, input.table.inflight, INELIGIBLE);
  }

  pick({ tried }: PickRequest): number {
    const index = this.#firstOpen(tried);
    return index >= 0 || tried === null || tried.length === 0 ? index : this.#firstOpen(null);
  }

  #firstOpen(tried: readonly number[] | null): number {
    const { slots, weights, capacities, table } = this.#input;
    let emptiest = -1;
    let lowest = Infinity;
    for (let index = 0; index < slots.length; index++) {
      if (weights[index] === 0 || !this.#candidates.isOpen(index, tried)) continue;
      const load = table.inflight[slots[index]] & COUNT_MASK;
      if (capacities === null || load < capacities[index]) return index;
      if (load < lowest * weights[index]) {
        emptiest = index;
        lowest = load / weights[index];
      }
    }
    return emptiest;
  }
}

export const first: PolicyDefinition = {
  name: 'first',
  readsInFlight: true,
  create: (input) => new FirstPolicy(input),
};
