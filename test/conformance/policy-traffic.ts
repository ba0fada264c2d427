/** Traffic for balancing policies, the same in the test's own thread and in workers. */
import type { PickRequest, Policy, PolicyDefinition } from '../../src/core/balancer/policy.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import type { Random } from '../../src/core/random.ts';
import { PoolTable, createPoolTable } from '../../src/core/shared/pool-table.ts';
import type { PoolTableHandle } from '../../src/core/shared/pool-table.ts';
import { policyInput } from '../support/policy-input.ts';

/** For an exchange that has been nowhere. */
export const ANYWHERE: PickRequest = { tried: null, key: 0 };

/** A pool as one thread sees it. */
export interface PolicyPool {
  readonly table: PoolTable;
  readonly slots: Int32Array;
  readonly policy: Policy;
  readonly random: Random;
}

export interface PolicyPoolSpec {
  readonly handle: PoolTableHandle;
  /** Worker slot of the thread. */
  readonly worker: number;
  readonly workers: number;
  readonly slots: readonly number[];
  readonly weights: readonly number[];
  readonly seed: number;
}

export function attachPool(definition: PolicyDefinition, spec: PolicyPoolSpec): PolicyPool {
  const table = new PoolTable(spec.handle, spec.worker);
  const slots = Int32Array.from(spec.slots);
  const random = createSeededRandom(spec.seed);
  const weights = Float64Array.from(spec.weights);
  const kind = definition.hashTable ?? null;
  const input = policyInput({ table, slots, weights, random, workers: spec.workers }, kind === null ? [] : [kind]);
  table.sumInFlight(definition.readsTotal === true);
  return { table, slots, random, policy: definition.create(input) };
}

/** A pool of one thread; `slots` default to 0, 1, 2 … */
export function createPool(
  definition: PolicyDefinition,
  weights: readonly number[],
  options: { readonly slots?: readonly number[]; readonly seed?: number } = {},
): PolicyPool {
  const slots = options.slots ?? weights.map((_, index) => index);
  const handle = createPoolTable(Math.max(0, ...slots) + 1, 1);
  return attachPool(definition, { handle, worker: 0, workers: 1, slots, weights, seed: options.seed ?? 1 });
}

/** Attempts that are under way, ended in no order. */
export class Traffic {
  readonly #pool: PolicyPool;
  readonly #held: number[] = [];
  /** Each attempt is another client's. */
  readonly #request = { tried: null, key: 0 };

  constructor(pool: PolicyPool) {
    this.#pool = pool;
  }

  /** Begins an attempt where the policy says, and answers that; then ends one if more than `held` are under way. */
  step(held: number): number {
    const { policy, table, slots } = this.#pool;
    this.#request.key = (this.#request.key + 0x9e3779b1) >>> 0;
    const index = policy.pick(this.#request);
    if (index < 0) throw new Error('nothing was picked');
    table.acquire(slots[index]);
    this.#held.push(slots[index]);
    while (this.#held.length > held) this.#endOne();
    return index;
  }

  /** Picks per endpoint of `picks` steps. */
  run(picks: number, held: number): Float64Array {
    const counts = new Float64Array(this.#pool.slots.length);
    for (let pick = 0; pick < picks; pick++) counts[this.step(held)]++;
    return counts;
  }

  endAll(): void {
    while (this.#held.length > 0) this.#endOne();
  }

  #endOne(): void {
    const at = Math.floor(this.#pool.random.next() * this.#held.length);
    const last = this.#held.pop() as number;
    const slot = at === this.#held.length ? last : this.#held[at];
    if (at < this.#held.length) this.#held[at] = last;
    this.#pool.table.release(slot);
  }
}
