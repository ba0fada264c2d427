/**
 * The last resort of a pool with `panic: on` and no endpoint eligible by health: any that is neither draining nor in
 * maintenance and whose last failure was not a refused connect, by weight. Checks can be wrong, a refused connect cannot.
 * Where circuit breakers fail fast, one whose breaker is open is left alone.
 */
import { DRAINING, MAINTENANCE, OPEN, PROBING, REFUSED } from '../shared/pool-table.ts';
import type { PickRequest, Policy, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class PanicPolicy implements Policy {
  readonly #draw: WeightedDraw;

  constructor(input: PolicyInput, failsFast: boolean) {
    const broken = failsFast ? OPEN | PROBING : 0;
    this.#draw = new WeightedDraw(input, input.table.health, DRAINING | MAINTENANCE | REFUSED | broken);
  }

  pick({ tried }: PickRequest): number {
    return this.#draw.draw(tried);
  }
}

/** Used only after the pool's own policy has returned -1. */
export function createPanicPolicy(input: PolicyInput, failsFast = false): Policy {
  return new PanicPolicy(input, failsFast);
}
