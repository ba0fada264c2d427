/** `random`: each endpoint by its weight, whatever happened before. */
import { INELIGIBLE } from '../shared/pool-table.ts';
import { parseNoOptions } from './policy.ts';
import type { Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class RandomPolicy implements Policy {
  readonly #draw: WeightedDraw;

  constructor(input: PolicyInput) {
    this.#draw = new WeightedDraw(input, input.table.inflight, INELIGIBLE);
  }

  pick(tried: readonly number[] | null): number {
    return this.#draw.draw(tried);
  }
}

export const randomPolicy: PolicyDefinition = {
  name: 'random',
  needs: [],
  parseOptions: parseNoOptions,
  create: (input) => new RandomPolicy(input),
};
