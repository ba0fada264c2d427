/**
 * The last resort of a pool with `panic: on` and no endpoint eligible by health: any that is neither draining nor in
 * maintenance and whose last failure was not a refused connect, by weight. Checks can be wrong, a refused connect cannot.
 * Where circuit breakers fail fast, one whose breaker is open is left alone.
 */
import { DRAINING, MAINTENANCE, OPEN, PROBING, REFUSED } from '../shared/pool-table.ts';
import type { PickRequest, Policy, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

/** Health flags of endpoints that circuit breakers keep even the last resort from. */
export function brokenFlags(failsFast: boolean): number {
  return failsFast ? OPEN | PROBING : 0;
}

/** Health flags of endpoints that the last resort leaves alone. */
export function barredFlags(failsFast: boolean): number {
  return DRAINING | MAINTENANCE | REFUSED | brokenFlags(failsFast);
}

class PanicPolicy implements Policy {
  readonly #draw: WeightedDraw;

  constructor(input: PolicyInput, failsFast: boolean) {
    this.#draw = new WeightedDraw(input, input.table.health, barredFlags(failsFast));
  }

  pick({ tried }: PickRequest): number {
    return this.#draw.draw(tried);
  }
}

/** Used only after the pool's own policy has returned -1. */
export function createPanicPolicy(input: PolicyInput, failsFast = false): Policy {
  return new PanicPolicy(input, failsFast);
}
