/** The pools of one thread: made, changed and let go of by the operations between two snapshots, and by nothing else. */
import { createGrouped } from '../../core/balancer/grouped.ts';
import { groupsOf } from '../../core/balancer/groups.ts';
import { createPanicPolicy } from '../../core/balancer/panic.ts';
import type { PolicyInput } from '../../core/balancer/policy.ts';
import { withSlowStart } from '../../core/balancer/slow-start.ts';
import type { Clock } from '../../core/clock.ts';
import type { Operation } from '../../core/operations.ts';
import type { Random } from '../../core/random.ts';
import { PoolTable } from '../../core/shared/pool-table.ts';
import type { EndpointSpec, PoolSpec, ProxyHeaderSpec, Snapshot } from '../../core/snapshot.ts';
import type { Cancel, LoopTurns } from '../../net/loop-turns.ts';
import { Endpoint } from '../../upstream/endpoint.ts';
import type { EndpointLimits, EndpointReports } from '../../upstream/endpoint.ts';
import type { EndpointTls } from '../../upstream/endpoint-tls.ts';
import { ExclusiveLeases } from '../../upstream/exclusive-leases.ts';
import type { ExclusiveLeasesOptions } from '../../upstream/exclusive-leases.ts';
import type { Dialer, Home } from '../../upstream/leased.ts';
import type { LeasePool } from '../../upstream/lease-pool.ts';
import { Pool } from '../../upstream/pool.ts';
import type { LoadedParts } from './loaded-parts.ts';
import type { ProxyParts } from './data-plane-api.ts';
import type { WorkerWaiter } from './worker-dialer.ts';

export type WorkerPool = Pool<WorkerWaiter>;
export type WorkerEndpoint = Endpoint<WorkerWaiter>;

export interface PoolSetOptions {
  /** Asked for where a pool has `proxyProtocol`, and where it has `maxRequests`. */
  readonly parts: Pick<LoadedParts, 'tlsClients' | 'limitParts' | 'definitionOf'> & {
    readonly proxyParts: Pick<ProxyParts, 'OwnedLeases'>;
  };
  readonly worker: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly turns: LoopTurns;
  readonly reports: EndpointReports;
  /** `proxyProtocol`: the header that its connections begin with, null: none. */
  createDialer(home: Home<WorkerWaiter>, proxyProtocol: ProxyHeaderSpec | null): Dialer<WorkerWaiter>;
  /** These have left the config: what they have in flight is cut when their time is over. */
  onRetired(endpoints: readonly WorkerEndpoint[]): void;
  /** An exception of ours that must not end the worker. */
  reportFault(error: unknown): void;
}

/** How often pools with `maxConnections` look whether another thread has freed, or wants, a place. */
const PLACES_INTERVAL_MS = 5;
/** How often a thread looks whether another one lacks a place for an idle connection. */
const IDLE_PLACES_INTERVAL_MS = 250;
/** How often requests are summed up for the retry budgets. */
const REQUESTS_INTERVAL_MS = 1000;

export class PoolSet {
  readonly #options: PoolSetOptions;
  readonly #pools = new Map<string, WorkerPool>();
  readonly #places: Repeated;
  readonly #idlePlaces: Repeated;
  readonly #requests: Repeated;

  constructor(options: PoolSetOptions) {
    this.#options = options;
    this.#places = new Repeated(options.turns, PLACES_INTERVAL_MS, () => this.#lookForPlaces());
    this.#idlePlaces = new Repeated(options.turns, IDLE_PLACES_INTERVAL_MS, () => this.#yieldIdlePlaces());
    this.#requests = new Repeated(options.turns, REQUESTS_INTERVAL_MS, () => this.#sampleRequests());
  }

  get(id: string): WorkerPool {
    const pool = this.#pools.get(id);
    if (pool === undefined) throw new Error(`no pool "${id}"`);
    return pool;
  }

  /** Null: there is none. */
  lookUp(id: string): WorkerPool | null {
    return this.#pools.get(id) ?? null;
  }

  all(): Iterable<WorkerPool> {
    return this.#pools.values();
  }

  /** The endpoint that has this row, null where it has left. */
  find(poolId: string, slot: number, generation: number): WorkerEndpoint | null {
    const endpoints = this.#pools.get(poolId)?.endpoints ?? [];
    return endpoints.find((each) => each.slot === slot && each.spec.generation === generation) ?? null;
  }

  apply(snapshot: Snapshot, operations: readonly Operation[]): void {
    const changed = new Set<string>();
    const retired: WorkerEndpoint[] = [];
    const former: LeasePool<WorkerWaiter>[] = [];
    for (const operation of operations) {
      const id = this.#obey(operation, retired, former);
      if (id !== null) changed.add(id);
    }
    for (const spec of snapshot.pools) if (changed.has(spec.id)) this.#arrange(this.get(spec.id), spec);
    // Last, so that whoever waited for a place there finds the pools as they are now.
    for (const endpoint of retired) endpoint.retire();
    for (const leases of former) leases.retire();
    if (retired.length > 0) this.#options.onRetired(retired);
    this.#places.run(snapshot.pools.some(limitsSockets));
    // With one thread there may be two while one replaces the other; the old one's connections end soon anyway.
    this.#idlePlaces.run(snapshot.threads > 1);
    this.#requests.run(snapshot.pools.some((pool) => pool.retryBudget !== null));
  }

  /** Returns the pool whose endpoints or policy are to be put in order. */
  #obey(operation: Operation, retired: WorkerEndpoint[], former: LeasePool<WorkerWaiter>[]): string | null {
    switch (operation.op) {
      case 'add-pool':
        this.#pools.set(operation.pool.id, this.#createPool(operation.pool));
        return operation.pool.id;
      case 'update-pool':
        this.#update(this.get(operation.pool.id), operation.pool, former);
        return operation.pool.id;
      case 'add-endpoint': {
        const pool = this.get(operation.pool);
        pool.endpoints = [...pool.endpoints, this.#createEndpoint(pool, operation.endpoint)];
        return operation.pool;
      }
      case 'update-endpoint': {
        const pool = this.get(operation.pool);
        const { id, slot } = operation.endpoint;
        find(pool, id, slot)?.update(operation.endpoint, this.#limitsOf(pool.spec, operation.endpoint));
        return operation.pool;
      }
      case 'remove-endpoint': {
        const pool = this.get(operation.pool);
        const endpoint = find(pool, operation.id, operation.slot);
        // It leaves the pool's order below; a pool that goes as a whole keeps it for those that are still there.
        if (endpoint !== undefined) retired.push(endpoint);
        return operation.pool;
      }
      case 'remove-pool':
        this.#endWaiting(operation.id);
        this.#pools.delete(operation.id);
        return null;
      default:
        return null;
    }
  }

  /** The limits on heads have changed. */
  updateLimits(): void {
    for (const pool of this.#pools.values()) for (const endpoint of pool.endpoints) endpoint.leases.updateHeadLimits();
  }

  #endWaiting(id: string): void {
    const pool = this.#pools.get(id);
    pool?.holding.end();
    pool?.admission?.end();
  }

  /** Requests that wait for an endpoint to be there wait no longer. */
  endHolding(): void {
    for (const pool of this.#pools.values()) pool.holding.end();
  }

  destroy(): void {
    for (const id of this.#pools.keys()) this.#endWaiting(id);
    this.#places.run(false);
    this.#idlePlaces.run(false);
    this.#requests.run(false);
    for (const pool of this.#pools.values()) for (const endpoint of pool.endpoints) endpoint.retire();
    this.#pools.clear();
  }

  #createPool(spec: PoolSpec): WorkerPool {
    const { parts, worker } = this.#options;
    return new Pool(spec, new PoolTable(spec.table, worker), {
      ...this.#options,
      createAdmission: (options) => new parts.limitParts.Admission(options),
    });
  }

  /** What a pool has of its own; its endpoints follow when they are put in order. */
  #update(pool: WorkerPool, spec: PoolSpec, former: LeasePool<WorkerWaiter>[]): void {
    if (pool.table.handle.id !== spec.table.id) pool.moveTo(new PoolTable(spec.table, this.#options.worker));
    const isSame = JSON.stringify(pool.spec.proxyProtocol) === JSON.stringify(spec.proxyProtocol);
    pool.spec = spec;
    if (isSame) return;
    // What a connection has begun with cannot be taken back.
    for (const endpoint of pool.endpoints) {
      const { table, limits } = endpoint;
      former.push(endpoint.changeLeases(this.#createLeases(spec, { spec: endpoint.spec, table, limits })));
    }
  }

  #createLeases(
    { proxyProtocol }: PoolSpec,
    of: Pick<ExclusiveLeasesOptions<WorkerWaiter>, 'spec' | 'table' | 'limits'>,
  ): ExclusiveLeases<WorkerWaiter> {
    const set = this.#options;
    const options: ExclusiveLeasesOptions<WorkerWaiter> = {
      ...of,
      turns: set.turns,
      createDialer: (home) => set.createDialer(home, proxyProtocol),
      reportFault: (error) => set.reportFault(error),
    };
    if (proxyProtocol === null) return new ExclusiveLeases(options);
    const { OwnedLeases } = set.parts.proxyParts;
    return new OwnedLeases(options);
  }

  #createEndpoint(pool: WorkerPool, spec: EndpointSpec): WorkerEndpoint {
    const options = this.#options;
    const { table } = pool;
    const limits = this.#limitsOf(pool.spec, spec);
    const leases = this.#createLeases(pool.spec, { spec, table, limits });
    return new Endpoint({ poolId: pool.spec.id, spec, table, limits, leases, reports: options.reports });
  }

  #limitsOf(spec: PoolSpec, endpoint: EndpointSpec): EndpointLimits {
    return limitsOf(spec, endpoint, spec.tls === null ? null : this.#options.parts.tlsClients.of(spec));
  }

  /** The endpoints in the pool's order, and the policies that go by it. */
  #arrange(pool: WorkerPool, spec: PoolSpec): void {
    const definitions = [spec.policy, ...spec.routePolicies].map((each) => this.#options.parts.definitionOf(each));
    const isLimited = spec.endpoints.some(({ maxRequests }) => maxRequests > 0);
    pool.table.countInFlight(isLimited || definitions.some(({ readsInFlight }) => readsInFlight));
    pool.table.sumInFlight(
      definitions.some(({ readsTotal }) => readsTotal === true),
      spec.maxRequests > 0,
    );
    const endpoints = spec.endpoints.map(({ id, slot, generation }) => {
      const endpoint = pool.endpoints.find(
        (each) => each.spec.id === id && each.slot === slot && each.spec.generation === generation,
      );
      if (endpoint === undefined) throw new Error(`no operation has added endpoint "${id}" to pool "${spec.id}"`);
      // What has left the pool ends on the table it began with.
      if (endpoint.table !== pool.table) endpoint.moveTo(pool.table);
      endpoint.update(endpoint.spec, this.#limitsOf(spec, endpoint.spec));
      return endpoint;
    });
    const input: PolicyInput = {
      table: pool.table,
      slots: Int32Array.from(spec.endpoints, (endpoint) => endpoint.slot),
      weights: Float64Array.from(spec.endpoints, (endpoint) => endpoint.weight),
      random: this.#options.random,
      workers: pool.table.handle.workerSlots,
      ids: spec.endpoints.map(({ id }) => id),
      hashTables: spec.hashTables,
      latencies: pool.latencies,
      capacities:
        isLimited || limitsSockets(spec) ? Int32Array.from(spec.endpoints, (each) => capacityOf(spec, each)) : null,
      cursor: 0,
      now: () => this.#options.clock.now(),
    };
    if (definitions.some(({ learns }) => learns === true)) {
      const generations = Int32Array.from(spec.endpoints, (endpoint) => endpoint.generation);
      pool.latencies.keep(input.slots, generations, input.now());
    }
    const groups = groupsOf(spec.endpoints, spec.nearZone);
    const policies = definitions.map((definition) =>
      withSlowStart(createGrouped(definition, input, groups), input, spec.slowStartMs),
    );
    pool.arrange(
      spec,
      endpoints,
      policies,
      spec.panic ? createPanicPolicy(input, spec.breaker?.failFast === true) : null,
    );
  }

  #lookForPlaces(): void {
    for (const pool of this.#pools.values()) {
      if (!limitsSockets(pool.spec)) continue;
      for (const endpoint of pool.endpoints) {
        // An entry of Node's like any other: what throws here must not end the worker.
        try {
          endpoint.leases.lookForPlaces();
        } catch (error) {
          this.#options.reportFault(error);
        }
      }
    }
  }

  #sampleRequests(): void {
    for (const pool of this.#pools.values()) if (pool.spec.retryBudget !== null) pool.sampleRequests();
  }

  /** Without traffic of its own a thread would keep what others lack. */
  #yieldIdlePlaces(): void {
    for (const { endpoints } of this.#pools.values()) for (const endpoint of endpoints) endpoint.yieldPlaces();
  }
}

/** A task of the thread that runs again and again while it is needed. */
class Repeated {
  readonly #turns: LoopTurns;
  readonly #everyMs: number;
  readonly #task: () => void;
  #cancel: Cancel | null = null;

  constructor(turns: LoopTurns, everyMs: number, task: () => void) {
    this.#turns = turns;
    this.#everyMs = everyMs;
    this.#task = task;
  }

  run(isNeeded: boolean): void {
    if (isNeeded === (this.#cancel !== null)) return;
    this.#cancel?.();
    this.#cancel = isNeeded ? this.#turns.every(this.#everyMs, this.#task) : null;
  }
}

/** The oldest of that name in that slot: one that takes its place there is added before it goes. */
function find(pool: WorkerPool, id: string, slot: number): WorkerEndpoint | undefined {
  return pool.endpoints.find((endpoint) => endpoint.spec.id === id && endpoint.slot === slot);
}

/** More sockets than there can be. */
const NO_LIMIT = 0x7fffffff;

/** Whether some endpoint of the pool may not have as many sockets as it likes. */
function limitsSockets(spec: PoolSpec): boolean {
  return spec.maxConnections > 0 || spec.endpoints.some(({ maxConnections = 0 }) => maxConnections > 0);
}

/** 0: no limit. */
function mostSockets(pool: PoolSpec, { maxConnections = pool.maxConnections }: EndpointSpec): number {
  return maxConnections;
}

/** Attempts that it can do with at once. */
function capacityOf(pool: PoolSpec, endpoint: EndpointSpec): number {
  return Math.min(mostSockets(pool, endpoint) || NO_LIMIT, endpoint.maxRequests || NO_LIMIT);
}

function limitsOf(spec: PoolSpec, endpoint: EndpointSpec, tls: EndpointTls | null): EndpointLimits {
  const maxConnections = mostSockets(spec, endpoint);
  const { maxIdle, idleTimeoutMs, answers, ejection, breaker } = spec;
  const isLenient = answers === 'lenient';
  const failures = ejection.enabled ? ejection.failures : 0;
  const { maxRequests } = endpoint;
  const maxPoolRequests = spec.maxRequests;
  return { maxConnections, maxIdle, idleTimeoutMs, isLenient, tls, failures, breaker, maxRequests, maxPoolRequests };
}
