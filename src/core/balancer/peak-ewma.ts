/**
 * `peak-ewma`: two distinct draws by weight, then the one of the lower cost, its time to a first byte × (in flight + 1) /
 * weight. See `latencies.ts` for the time.
 *
 * An endpoint of which nothing is known costs nothing while it is idle, and more than any other as soon as it has a
 * request, until that has its answer. One that was not picked for some seconds is picked when it is drawn, whatever it
 * costs, or a slow one would have to wait for its time to decay; but only some of all requests are spent on that.
 */
import { CLOSED, COUNT_MASK } from '../shared/pool-table.ts';
import type { Latencies } from './latencies.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

/** So much longer than any answer takes that only the number in flight tells two unknown endpoints apart. */
const UNKNOWN_MS = 1e9;
const OVERDUE_MS = 3000;
/** Of as many picks, one may go to an endpoint because it is overdue. */
const PICKS_PER_PROBE = 8;

class PeakEwmaPolicy implements Policy {
  readonly #input: PolicyInput;
  readonly #draw: WeightedDraw;
  readonly #latencies: Latencies;
  #sinceProbe = 0;

  constructor(input: PolicyInput) {
    this.#input = input;
    this.#draw = new WeightedDraw(input, input.table.inflight, CLOSED);
    this.#latencies = input.latencies;
  }

  pick({ tried }: PickRequest): number {
    const first = this.#draw.draw(tried);
    if (first < 0) return -1;
    const second = this.#draw.drawOther(tried, first);
    const now = this.#input.now();
    const index = second < 0 ? first : this.#choose(first, second, now);
    this.#latencies.picked(this.#input.slots[index], now);
    return index;
  }

  #choose(first: number, second: number, now: number): number {
    const { slots, weights } = this.#input;
    if (++this.#sinceProbe >= PICKS_PER_PROBE) {
      const waited = now - this.#latencies.pickedAt(slots[first]);
      const otherWaited = now - this.#latencies.pickedAt(slots[second]);
      if (waited >= OVERDUE_MS || otherWaited >= OVERDUE_MS) {
        this.#sinceProbe = 0;
        return otherWaited > waited ? second : first;
      }
    }
    return this.#cost(second, now) * weights[first] < this.#cost(first, now) * weights[second] ? second : first;
  }

  /** Times the weight. */
  #cost(index: number, now: number): number {
    const slot = this.#input.slots[index];
    const inflight = this.#input.table.inflight[slot] & COUNT_MASK;
    const ms = this.#latencies.of(slot, now);
    return ms === 0 ? inflight * UNKNOWN_MS : ms * (inflight + 1);
  }

  observed(index: number, ms: number, isGood: boolean): void {
    this.#latencies.observe(this.#input.slots[index], ms, isGood, this.#input.now());
  }
}

export const peakEwma: PolicyDefinition = {
  name: 'peak-ewma',
  readsInFlight: true,
  learns: true,
  create: (input) => new PeakEwmaPolicy(input),
};
