/**
 * Slow start over any policy: an endpoint that has come or recovered is in its window for a time, and passes a pick on
 * with probability 1 − max(0.1, t / window). Nothing of a policy changes for that: it picks again, as if the endpoint
 * could not be picked. Requests with a key are divided by the key, so that each moves to the endpoint once and stays. While
 * every eligible endpoint is in its window nobody passes on.
 */
import { mix } from '../keys/half-sip-hash.ts';
import { COUNTER_SLOW_PASSES, INELIGIBLE } from '../shared/pool-table.ts';
import { WINDOW_TICK_MS } from '../shared/slow-windows.ts';
import { isTried } from './candidates.ts';
import type { PickRequest, Policy, PolicyInput } from './policy.ts';

const LEAST = 0.1;
const UNIFORM = 2 ** -32;

/** Used for one pick and then for the next. */
interface Again {
  tried: number[];
  key: number;
}

class SlowStartPolicy implements Policy {
  readonly #policy: Policy;
  readonly #input: PolicyInput;
  readonly #windowTicks: number;
  readonly #again: Again = { tried: [], key: 0 };
  readonly observed: Policy['observed'];
  readonly owner: Policy['owner'];
  #version = -1;
  /** When the next window ends, in ticks. */
  #until = 0;
  /** One that is eligible is in its window, and another is not. */
  #isRamping = false;

  constructor(policy: Policy, input: PolicyInput, windowMs: number) {
    this.#policy = policy;
    this.#input = input;
    this.#windowTicks = Math.max(1, windowMs / WINDOW_TICK_MS);
    if (policy.observed !== undefined) this.observed = (index, ms, isGood) => policy.observed?.(index, ms, isGood);
    if (policy.owner !== undefined) this.owner = (request) => policy.owner?.(request) ?? -1;
  }

  pick(request: PickRequest): number {
    const now = this.#input.now() / WINDOW_TICK_MS;
    if (this.#input.table.version[0] !== this.#version || now >= this.#until) this.#look(now);
    const first = this.#policy.pick(request);
    if (!this.#isRamping || first < 0 || !this.#passesOn(first, request, now)) return first;
    return this.#pickOther(first, request, now);
  }

  #pickOther(first: number, request: PickRequest, now: number): number {
    const again = this.#again;
    again.key = request.key;
    again.tried.length = 0;
    if (request.tried !== null) for (const index of request.tried) again.tried.push(index);
    const own = again.tried.length;
    for (let index = first; ;) {
      again.tried.push(index);
      index = this.#policy.pick(again);
      // Nobody is left that has not passed on.
      if (index < 0 || isTried(index, again.tried)) return first;
      if (this.#passesOn(index, request, now)) continue;
      for (let at = own; at < again.tried.length; at++) this.#countPass(again.tried[at]);
      return index;
    }
  }

  #countPass(index: number): void {
    const { table, slots } = this.#input;
    table.count(slots[index], COUNTER_SLOW_PASSES, 1);
  }

  #passesOn(index: number, request: PickRequest, now: number): boolean {
    const slot = this.#input.slots[index];
    const since = this.#input.table.windows[slot];
    if (since === 0 || isTried(index, request.tried)) return false;
    const part = (now - since) / this.#windowTicks;
    if (part >= 1) return false;
    const drawn = request.key === 0 ? this.#input.random.next() : (mix(request.key ^ mix(slot + 1)) >>> 0) * UNIFORM;
    return drawn >= Math.max(LEAST, part);
  }

  #look(now: number): void {
    const { table, slots, weights } = this.#input;
    this.#version = table.version[0];
    this.#until = Infinity;
    let isAnyWarm = false;
    let isAnySteady = false;
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index];
      if (weights[index] === 0 || (table.inflight[slot] & INELIGIBLE) !== 0) continue;
      const end = table.windows[slot] + this.#windowTicks;
      if (table.windows[slot] === 0 || end <= now) isAnySteady = true;
      else {
        isAnyWarm = true;
        this.#until = Math.min(this.#until, end);
      }
    }
    this.#isRamping = isAnyWarm && isAnySteady;
  }
}

/** The policy itself where slow start is off (0). */
export function withSlowStart(policy: Policy, input: PolicyInput, windowMs: number): Policy {
  return windowMs === 0 ? policy : new SlowStartPolicy(policy, input, windowMs);
}
