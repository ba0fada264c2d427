/**
 * What every balancing policy is: a plain synchronous function over the shared table of a pool, made anew for
 * each snapshot and thread. A policy only chooses; the caller acquires (`table.acquire(slot)`) right after.
 *
 * A policy is one file with a {@link PolicyDefinition}, one line in `policies.ts`, and passes
 * `test/conformance/policy.ts`; one whose shares follow the weights `policy-shares.ts` as well. What every policy must
 * do:
 * - while there is an eligible endpoint, only eligible ones are picked; without one the result is -1;
 * - endpoints already tried are avoided while another eligible one is there;
 * - a weight of 0 is never picked;
 * - a pick allocates nothing and its cost is bounded.
 */
import type { HashTableHandle, HashTableKind } from './hash-table.ts';
import type { Latencies } from './latencies.ts';
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
  /** Identities of the endpoints, in the same order. */
  readonly ids: readonly string[];
  /** Those that policies of this pool asked for, built for these ids and weights. */
  readonly hashTables: readonly HashTableHandle[];
  /** What this thread knows of the endpoints' times, for all policies of the pool. */
  readonly latencies: Latencies;
  /** Most attempts in flight that each can do with, in the same order; null: any number. */
  readonly capacities: Int32Array | null;
  /** Which of the table's shared cursors is the policy's: one for each group of the pool. */
  readonly cursor: number;
  /** Monotonic milliseconds, from the same origin in all threads. */
  now(): number;
}

/** What an endpoint is picked for. Policies read it and never keep it. */
export interface PickRequest {
  /** Indexes that this exchange has been sent to before, null or empty for none. */
  readonly tried: readonly number[] | null;
  /** What requests that belong together have in common, hashed to an Int32; 0 where nobody looks at it or it has none. */
  readonly key: number;
}

export interface Policy {
  /** Chooses an endpoint for the next attempt: an index into `slots`, or -1 where none is eligible. */
  pick(request: PickRequest): number;
  /**
   * For policies that bind: the index of the endpoint that the request's key belongs to, whether or not it may be picked
   * just now; -1 where it is bound to none.
   */
  readonly owner?: ((request: PickRequest) => number) | undefined;
  /**
   * For policies that learn: an attempt at the endpoint at `index` had its first byte after `ms`, or failed after that
   * time. Called only in the thread of the attempt.
   */
  readonly observed?: ((index: number, ms: number, isGood: boolean) => void) | undefined;
}

/** A policy as it is chosen: one of the record, or one that was made of its options, as `hash.ts` does. */
export interface PolicyDefinition {
  /** As written in config. */
  readonly name: string;
  /** It compares the table's in-flight counts: only for such policies all threads share them. */
  readonly readsInFlight: boolean;
  /** It compares them with those of the whole pool: only then each thread keeps its sum. */
  readonly readsTotal?: boolean;
  /** A pick looks at every endpoint. */
  readonly isLinear?: boolean;
  /** It implements `observed`, and goes by `latencies`. */
  readonly learns?: boolean;
  /** The table that it looks keys up in. */
  readonly hashTable?: HashTableKind | null;
  create(input: PolicyInput): Policy;
}
