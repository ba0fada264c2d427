/**
 * `power-of-two`: two distinct draws by weight, then the one with fewer attempts in flight per weight (Mitzenmacher
 * 2001, "The power of two choices in randomized load balancing"). Nearly as even as least-connections at a constant
 * cost, and threads or balancers that act on the same figures do not all run to the same endpoint. At equal load the
 * first draw stays, so that an idle pool is shared by weight.
 */
import { CLOSED } from '../shared/pool-table.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class PowerOfTwoPolicy implements Policy {
  readonly #draw: WeightedDraw;
  readonly #inflight: Int32Array;
  readonly #slots: Int32Array;
  readonly #weights: Float64Array;

  constructor(input: PolicyInput) {
    this.#draw = new WeightedDraw(input, input.table.inflight, CLOSED);
    this.#inflight = input.table.inflight;
    this.#slots = input.slots;
    this.#weights = input.weights;
  }

  pick({ tried }: PickRequest): number {
    const first = this.#draw.draw(tried);
    if (first < 0) return -1;
    const second = this.#draw.drawOther(tried, first);
    if (second < 0) return first;
    // The quotients compared crosswise: exact, and no division. An endpoint that has just become ineligible loses.
    const load = this.#inflight[this.#slots[first]] * this.#weights[second];
    const otherLoad = this.#inflight[this.#slots[second]] * this.#weights[first];
    return otherLoad < load ? second : first;
  }
}

export const powerOfTwo: PolicyDefinition = {
  name: 'power-of-two',
  readsInFlight: true,
  create: (input) => new PowerOfTwoPolicy(input),
};
