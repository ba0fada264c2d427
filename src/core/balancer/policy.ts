/**
 * What every balancing policy is: a plain synchronous function over the shared table of a pool, made anew for
 * each snapshot and thread. A policy only chooses; the caller acquires (`table.acquire(slot)`) right after.
 *
 * A policy is one file with a {@link PolicyDefinition}, one line in `policies.ts`, and passes
 * `test/conformance/policy.ts`. What a policy must hold whatever its taste:
 * - while an eligible endpoint is there, only eligible ones are picked; with none the answer is -1;
 * - endpoints already tried are avoided while another eligible one is there;
 * - a weight of 0 is never picked;
 * - a pick allocates nothing and its cost is bounded.
 */
import type { Random } from '../random.ts';
import type { PoolTable } from '../shared/pool-table.ts';

export interface PolicyInput {
  /** This thread's view of the pool's table. */
  readonly table: PoolTable;
  /** Table slots of the pool's endpoints, in pool order. */
  readonly slots: Int32Array;
  /** Weights in the same order: finite, at least 0; 0 takes no new requests. */
  readonly weights: Float64Array;
  readonly random: Random;
  /** Threads that pick from this table at the same time, for policies that keep something per thread. */
  readonly workers: number;
}

export interface Policy {
  /**
   * Chooses an endpoint for the next attempt: an index into `slots`, or -1 where none is eligible. `tried` holds
   * the indexes this exchange has been at before, null or empty for none; it is read, never kept.
   */
  pick(tried: readonly number[] | null): number;
}

/** What a policy reads beyond weights and eligibility; config refuses a pool that cannot supply it. */
export type PolicyNeed =
  /** The in-flight counts of the table. */
  | 'inflight'
  /** The cursor that all threads share. */
  | 'cursor';

/** Options written beside a policy's name, as plain data that travels in a snapshot. */
export type PolicyOptions = Readonly<Record<string, string | number | boolean>>;

export interface PolicyDefinition {
  /** As written in config. */
  readonly name: string;
  readonly needs: readonly PolicyNeed[];
  /** Checks the options of a pool's policy and fills in defaults. Throws a TypeError that names the mistake. */
  parseOptions(options: Readonly<Record<string, unknown>>): PolicyOptions;
  create(input: PolicyInput, options?: PolicyOptions): Policy;
}

/** `parseOptions` of the policies that have none. */
export function parseNoOptions(options: Readonly<Record<string, unknown>>): PolicyOptions {
  const [unknown] = Object.keys(options);
  if (unknown !== undefined) throw new TypeError(`unknown option "${unknown}": this policy has no options`);
  return {};
}
