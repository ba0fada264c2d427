/** A pool on one worker: its policy, its endpoints in pool order, and the picking of one for an attempt. */
import type { Policy } from '../core/balancer/policy.ts';
import { COUNTER_PANIC_PICKS } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { PoolSpec } from '../core/snapshot.ts';
import type { EndpointRuntime } from './endpoint-runtime.ts';

export class PoolRuntime {
  spec: PoolSpec;
  table: PoolTable;
  endpoints: readonly EndpointRuntime[] = [];
  policy: Policy;
  /** Picks among the ineligible: the last resort, null where `panic` is off. */
  panic: Policy | null;
  /** `spec.ejection.statuses` by status, so that a response costs one look. */
  readonly #failureStatuses = new Uint8Array(600);

  constructor(spec: PoolSpec, table: PoolTable, policy: Policy, panic: Policy | null) {
    this.spec = spec;
    this.table = table;
    this.policy = policy;
    this.panic = panic;
    this.update(spec, policy, panic);
  }

  update(spec: PoolSpec, policy: Policy, panic: Policy | null): void {
    this.spec = spec;
    this.policy = policy;
    this.panic = panic;
    this.#failureStatuses.fill(0);
    if (spec.ejection.enabled) for (const status of spec.ejection.statuses) this.#failureStatuses[status] = 1;
  }

  /** Whether this status counts as a gateway failure of the endpoint. */
  isFailureStatus(status: number): boolean {
    return this.#failureStatuses[status] === 1;
  }

  /** Index of the endpoint for the next attempt, -1 where there is none. */
  pick(tried: readonly number[] | null): number {
    const index = this.policy.pick(tried);
    if (index >= 0 || this.panic === null) return index;
    const last = this.panic.pick(tried);
    if (last >= 0) this.table.count(this.endpoints[last].slot, COUNTER_PANIC_PICKS, 1);
    return last;
  }
}
