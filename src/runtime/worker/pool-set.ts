/** The pools of one thread, created, changed and let go of by the operations between two snapshots. */
import { createPanicPolicy } from '../../core/balancer/panic.ts';
import { POLICIES } from '../../core/balancer/policies.ts';
import type { PolicyName } from '../../core/balancer/policies.ts';
import type { Policy, PolicyInput } from '../../core/balancer/policy.ts';
import type { Operation } from '../../core/operations.ts';
import type { Random } from '../../core/random.ts';
import { PoolTable } from '../../core/shared/pool-table.ts';
import type { EndpointSpec, PoolSpec, Snapshot } from '../../core/snapshot.ts';
import { EndpointRuntime } from '../../http/endpoint-runtime.ts';
import type { EndpointLimits, EndpointReports } from '../../http/endpoint-runtime.ts';
import { PoolRuntime } from '../../http/pool-runtime.ts';
import type { UpstreamDialer } from '../../http/upstream.ts';

export interface PoolSetOptions {
  readonly worker: number;
  readonly random: Random;
  readonly reports: EndpointReports;
  createDialer(endpoint: EndpointRuntime): UpstreamDialer;
  /** These have left the config: what they have in flight is cut when their time is over. */
  onRetired(endpoints: readonly EndpointRuntime[]): void;
}

/** How often pools with `maxConnections` look whether another thread has freed, or wants, a place. */
const PLACES_INTERVAL_MS = 5;

export class PoolSet {
  readonly #options: PoolSetOptions;
  readonly #pools = new Map<string, PoolRuntime>();
  #placesTimer: NodeJS.Timeout | null = null;

  constructor(options: PoolSetOptions) {
    this.#options = options;
  }

  get(id: string): PoolRuntime {
    const pool = this.#pools.get(id);
    if (pool === undefined) throw new Error(`no pool "${id}"`);
    return pool;
  }

  apply(snapshot: Snapshot, operations: readonly Operation[]): void {
    const changed = new Set<string>();
    const retired: EndpointRuntime[] = [];
    for (const operation of operations) {
      switch (operation.op) {
        case 'add-pool':
        case 'update-pool':
          changed.add(operation.pool.id);
          break;
        case 'add-endpoint':
        case 'update-endpoint':
        case 'remove-endpoint':
          changed.add(operation.pool);
          break;
        case 'remove-pool':
          retired.push(...this.#remove(operation.id));
          break;
        default:
      }
    }
    for (const spec of snapshot.pools) if (changed.has(spec.id)) retired.push(...this.#sync(spec));
    if (retired.length > 0) this.#options.onRetired(retired);
    this.#watchPlaces(snapshot.pools.some((pool) => pool.maxConnections > 0));
  }

  /** The limits on heads have changed. */
  updateLimits(): void {
    for (const pool of this.#pools.values()) for (const endpoint of pool.endpoints) endpoint.dialer?.updateLimits();
  }

  destroy(): void {
    this.#watchPlaces(false);
    for (const id of [...this.#pools.keys()]) this.#remove(id);
  }

  /** Answers the endpoints it had. */
  #remove(id: string): readonly EndpointRuntime[] {
    const pool = this.#pools.get(id);
    if (pool === undefined) return [];
    this.#pools.delete(id);
    for (const endpoint of pool.endpoints) endpoint.retire();
    return pool.endpoints;
  }

  /** Makes a pool what its spec says; endpoints that stay keep their connections. Answers those that do not stay. */
  #sync(spec: PoolSpec): readonly EndpointRuntime[] {
    let pool = this.#pools.get(spec.id);
    const table =
      pool?.table.handle.id === spec.table.id ? pool.table : new PoolTable(spec.table, this.#options.worker);
    const { policy, panic } = this.#createPolicies(spec, table);
    const left = new Map((pool?.endpoints ?? []).map((endpoint) => [endpoint.spec.id, endpoint]));
    const limits = limitsOf(spec);
    const endpoints = spec.endpoints.map((endpoint) => {
      const known = left.get(endpoint.id);
      if (known === undefined || !isSame(known, endpoint)) {
        return this.#createEndpoint(spec.id, endpoint, table, limits);
      }
      left.delete(endpoint.id);
      return change(known, endpoint, table, limits);
    });
    if (pool === undefined) {
      pool = new PoolRuntime(spec, table, policy, panic);
      this.#pools.set(spec.id, pool);
    } else {
      pool.table = table;
      pool.update(spec, policy, panic);
    }
    pool.endpoints = endpoints;
    // Last, so that whoever waited for a place there finds the pool as it is now.
    const retired = [...left.values()];
    for (const endpoint of retired) endpoint.retire();
    return retired;
  }

  #createEndpoint(poolId: string, spec: EndpointSpec, table: PoolTable, limits: EndpointLimits): EndpointRuntime {
    const endpoint = new EndpointRuntime(poolId, spec, table, limits, this.#options.reports);
    endpoint.dialer = this.#options.createDialer(endpoint);
    return endpoint;
  }

  #createPolicies(spec: PoolSpec, table: PoolTable): { policy: Policy; panic: Policy | null } {
    const input: PolicyInput = {
      table,
      slots: Int32Array.from(spec.endpoints, (endpoint) => endpoint.slot),
      weights: Float64Array.from(spec.endpoints, (endpoint) => endpoint.weight),
      random: this.#options.random,
      workers: table.handle.workerSlots,
    };
    const policy = POLICIES[spec.policy as PolicyName].create(input);
    return { policy, panic: spec.panic ? createPanicPolicy(input) : null };
  }

  #watchPlaces(isNeeded: boolean): void {
    if (isNeeded === (this.#placesTimer !== null)) return;
    if (this.#placesTimer !== null) {
      clearInterval(this.#placesTimer);
      this.#placesTimer = null;
      return;
    }
    this.#placesTimer = setInterval(() => this.#lookForPlaces(), PLACES_INTERVAL_MS).unref();
  }

  #lookForPlaces(): void {
    for (const pool of this.#pools.values()) {
      if (pool.spec.maxConnections === 0) continue;
      for (const endpoint of pool.endpoints) {
        // An entry of Node's like any other: what throws here must not end the worker.
        try {
          if (endpoint.hasWaiting) endpoint.serveWaiting();
          else endpoint.yieldIdle();
        } catch (error) {
          this.#options.reports.reportFault(error);
        }
      }
    }
  }
}

/** In the same slot under the same generation: its connections and its counts are those of this endpoint. */
function isSame(runtime: EndpointRuntime, spec: EndpointSpec): boolean {
  return runtime.slot === spec.slot && runtime.spec.generation === spec.generation;
}

function change(
  runtime: EndpointRuntime,
  spec: EndpointSpec,
  table: PoolTable,
  limits: EndpointLimits,
): EndpointRuntime {
  if (runtime.table !== table) runtime.moveTo(table);
  runtime.spec = spec;
  runtime.limits = limits;
  runtime.preferredAddress = Math.min(runtime.preferredAddress, spec.addresses.length - 1);
  return runtime;
}

function limitsOf(spec: PoolSpec): EndpointLimits {
  const { maxConnections, maxIdle, idleTimeoutMs, answers, ejection } = spec;
  const isLenient = answers === 'lenient';
  return { maxConnections, maxIdle, idleTimeoutMs, isLenient, failures: ejection.enabled ? ejection.failures : 0 };
}
