/**
 * The last resort of a pool with `panic: on` and no endpoint eligible by health: any that is neither draining nor in
 * maintenance and whose last failure was not a refused connect, by weight. Checks can be wrong, a refused connect cannot.
 */
import { DRAINING, MAINTENANCE, REFUSED } from '../shared/pool-table.ts';
import type { PickRequest, Policy, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class PanicPolicy implements Policy {
  readonly #draw: WeightedDraw;

  constructor(input: PolicyInput) {
    this.#draw = new WeightedDraw(input, input.table.health, DRAINING | MAINTENANCE | REFUSED);
  }

  pick({ tried }: PickRequest): number {
    return this.#draw.draw(tried);
  }
}

/** Used only after the pool's own policy has returned -1. */
export function createPanicPolicy(input: PolicyInput): Policy {
  return new PanicPolicy(input);
}
