/** `random`: each endpoint by its weight, whatever happened before. */
import { CLOSED } from '../shared/pool-table.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class RandomPolicy implements Policy {
  readonly #draw: WeightedDraw;

  constructor(input: PolicyInput) {
    this.#draw = new WeightedDraw(input, input.table.inflight, CLOSED);
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
