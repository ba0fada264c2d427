/** `random`: each endpoint by its weight, whatever happened before. */
import { INELIGIBLE } from '../shared/pool-table.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class RandomPolicy implements Policy {
  readonly #draw: WeightedDraw;

  constructor(input: PolicyInput) {
    this.#draw = new WeightedDraw(input, input.table.inflight, INELIGIBLE);
  }

  pick({ tried }: PickRequest): number {
    return this.#draw.draw(tried);
  }
}

export const randomPolicy: PolicyDefinition = {
  name: 'random',
  readsInFlight: false,
  create: (input) => new RandomPolicy(input),
};
