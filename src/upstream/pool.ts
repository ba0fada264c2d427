/** A pool on one thread: its policy, its endpoints in pool order, and the picking of one for an attempt. */
import type { PickRequest, Policy } from '../core/balancer/policy.ts';
import { COUNTER_PANIC_PICKS } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { PoolSpec } from '../core/snapshot.ts';
import type { Endpoint } from './endpoint.ts';
import type { Waiter } from './waiter.ts';

const NOBODY: Policy = { pick: () => -1 };

export class Pool<W extends Waiter> {
  spec: PoolSpec;
  table: PoolTable;
  endpoints: readonly Endpoint<W>[] = [];
  #policy: Policy = NOBODY;
  /** Picks among the ineligible: the last resort, null where `panic` is off. */
  #panic: Policy | null = null;
  /** `spec.ejection.statuses` by status, so that a response costs one look. */
  readonly #failureStatuses = new Uint8Array(600);

  /** Empty until it is arranged. */
  constructor(spec: PoolSpec, table: PoolTable) {
    this.spec = spec;
    this.table = table;
  }

  /** The endpoints in the order of the spec, and the policies that were made for it. */
  arrange(spec: PoolSpec, endpoints: readonly Endpoint<W>[], policy: Policy, panic: Policy | null): void {
    this.spec = spec;
    this.endpoints = endpoints;
    this.#policy = policy;
    this.#panic = panic;
    this.#failureStatuses.fill(0);
    if (spec.ejection.enabled) for (const status of spec.ejection.statuses) this.#failureStatuses[status] = 1;
  }

  /** Whether this status counts as a gateway failure of the endpoint. */
  isFailureStatus(status: number): boolean {
    return this.#failureStatuses[status] === 1;
  }

  /** Index of the endpoint for the next attempt, -1 where there is none. */
  pick(request: PickRequest): number {
    const index = this.#policy.pick(request);
    if (index >= 0 || this.#panic === null) return index;
    const last = this.#panic.pick(request);
    if (last >= 0) this.endpoints[last].count(COUNTER_PANIC_PICKS, 1);
    return last;
  }

  /**
   * An endpoint has taken so long for its first byte, or has failed after so long: for policies that learn. Costs
   * nothing with one that does not.
   */
  observed(endpoint: Endpoint<W>, ms: number, isGood: boolean): void {
    if (this.#policy.observed === undefined) return;
    const index = this.endpoints.indexOf(endpoint);
    if (index >= 0) this.#policy.observed(index, ms, isGood);
  }
}
