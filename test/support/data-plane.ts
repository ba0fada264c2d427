/**
 * A data plane in this thread, for tests: takes a few words instead of a config, listens on a free port, and
 * says at the end whether anything was left behind.
 */
import assert from 'node:assert/strict';
import { diffSnapshots } from '../../src/config/diff.ts';
import { ThreadMemory } from '../../src/core/kept-memory.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { MemoryTable, createMemoryTable } from '../../src/core/shared/memory-table.ts';
import { PoolTable, createPoolTable } from '../../src/core/shared/pool-table.ts';
import { RouteTable, createRouteTable } from '../../src/core/shared/route-table.ts';
import type { Settings, SlowClientSpec } from '../../src/core/settings.ts';
import type {
  EjectionSpec,
  HeaderRules,
  Limits,
  ListenerSpec,
  PoolSpec,
  RetrySpec,
  RouteMatch,
  RouteSpec,
  Snapshot,
  Timeouts,
} from '../../src/core/snapshot.ts';
import { nodeTurns } from '../../src/net/loop-turns.ts';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import type { DataPlaneReport } from '../../src/runtime/shared/data-plane-report.ts';
import type { DataPlane } from '../../src/runtime/worker/data-plane-api.ts';
import { createDataPlane } from '../../src/runtime/worker/data-plane.ts';
import type { FakeTime } from './fake-time.ts';
import { until } from './until.ts';

export const TIMEOUTS: Timeouts = {
  connectMs: 2000,
  requestHeadMs: 10_000,
  requestBodyIdleMs: 30_000,
  responseHeadMs: 30_000,
  responseIdleMs: 60_000,
  tunnelIdleMs: 3_600_000,
  tcpIdleMs: 3_600_000,
  writeIdleMs: 60_000,
  keepAliveMs: 75_000,
  tlsHandshakeMs: 10_000,
  drainMs: 25_000,
  perTryMs: 0,
  totalMs: 0,
};

const SLOW_CLIENTS: SlowClientSpec = { bodyBytesPerSecond: 240, responseBytesPerSecond: 240, graceMs: 30_000 };

export const RETRY: RetrySpec = {
  attempts: 3,
  onConnect: true,
  onReset: true,
  onTimeout: false,
  statuses: [],
  replayBytes: 65_536,
  backoffMs: 25,
  maxBackoffMs: 250,
  rescue: true,
};

export const EJECTION: EjectionSpec = {
  enabled: true,
  failures: 5,
  statuses: [502, 503, 504],
  baseMs: 2000,
  maxMs: 60_000,
  successRate: false,
  maxSharePercent: 0,
  dryRun: false,
  silence: 'auto',
};

const ALL: RouteMatch = { host: null, path: null, methods: [], headers: [], query: [], cookies: [] };

export interface TestRoute extends Partial<Omit<RouteSpec, 'match' | 'retry' | 'timeouts'>> {
  match?: Partial<RouteMatch>;
  retry?: Partial<RetrySpec>;
}

export interface TestPlaneOptions {
  /** Ports of the endpoints of the pool `web`. */
  ports: readonly number[];
  routes?: readonly TestRoute[];
  pool?: Partial<PoolSpec>;
  retry?: Partial<RetrySpec>;
  timeouts?: Partial<Timeouts>;
  slowClients?: Settings['slowClients'];
  limits?: Partial<Limits>;
  listener?: Partial<ListenerSpec>;
  trustedProxies?: readonly string[];
  headers?: Partial<HeaderRules>;
  /** Faults of our own code fail the test unless it expects them. */
  allowFaults?: boolean;
  /** The time of this plane and its timers. Default: the system's. */
  time?: FakeTime;
  /** Bytes that may be kept for later, default 1 GiB. */
  memoryBytes?: number;
  seed?: number;
  /** Default: `onread`. */
  engine?: NodeEngine;
}

export interface TestPlane {
  readonly port: number;
  readonly plane: DataPlane;
  readonly table: PoolTable;
  readonly routes: RouteTable;
  readonly memory: MemoryTable;
  readonly reports: DataPlaneReport[];
  /** Ends it and requires that no connection, exchange or count is left. */
  close(): Promise<void>;
}

export function testSnapshot(options: TestPlaneOptions): Snapshot {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const pool: PoolSpec = {
    id: 'web',
    policy: 'round-robin',
    nearZone: '',
    routePolicies: [],
    sticky: null,
    slowStartMs: 0,
    zones: 'prefer',
    breaker: null,
    hashTables: [],
    endpoints: options.ports.map((port, slot) => ({
      id: `127.0.0.1:${port}`,
      slot,
      generation: 0,
      weight: 1,
      priority: 0,
      zone: '',
      isBackup: false,
      maxRequests: 0,
      addresses: ['127.0.0.1'],
      port,
      authority: `127.0.0.1:${port}`,
    })),
    table: createPoolTable(options.ports.length, 1),
    checks: [],
    agent: null,
    ejection: EJECTION,
    retry: { ...RETRY, ...options.retry },
    retryBudget: { share: 0.2, perSecond: 10 },
    queue: { maxWaiting: 1024, timeoutMs: 0, targetMs: 0, holdMs: 0 },
    hedge: null,
    maxRequests: 0,
    maxConnections: 0,
    maxIdle: 32,
    idleTimeoutMs: 4000,
    panic: true,
    host: 'client',
    answers: 'strict',
    proxyProtocol: null,
    tls: null,
    ...options.pool,
  };
  const routes = (options.routes ?? [{}]).map((route, slot) => ({
    id: `#${slot + 1}`,
    slot: slot + 1,
    pool: 'web',
    policy: null,
    replacePrefix: null,
    upgrades: ['websocket'],
    maxBody: 0,
    hedge: null,
    longPoll: false,
    queueClass: 1 as const,
    deadlineHeader: '',
    guards: false,
    accessLog: null,
    ...route,
    timeouts,
    retry: { ...RETRY, ...options.retry, ...route.retry },
    match: { ...ALL, ...route.match },
  }));
  return {
    version: 1,
    threads: 0,
    listeners: [
      {
        id: 'web',
        host: '127.0.0.1',
        port: 0,
        spread: 'kernel',
        halfClose: 'cancel',
        underscores: 'drop',
        proxyProtocol: null,
        tls: null,
        ...options.listener,
      },
    ],
    routes,
    pools: [pool],
    settings: {
      timeouts,
      slowClients: options.slowClients === undefined ? SLOW_CLIENTS : options.slowClients,
      limits: { headBytes: 16_384, headers: 100, targetBytes: 8192, ...options.limits },
      headers: { via: true, forwarded: false, ...options.headers },
      trustedProxies: options.trustedProxies ?? [],
      accessLog: null,
      memory: { maxBytes: options.memoryBytes ?? 2 ** 30 },
      zone: '',
      admin: 'off',
      stateDir: '',
      acme: null,
      maxConnections: 10_000,
    },
    routeTable: createRouteTable(routes.length + 1, 1),
    sessionRows: { web: routes.length + 1 },
    logRings: [],
  };
}

export async function startPlane(options: TestPlaneOptions): Promise<TestPlane> {
  const snapshot = testSnapshot(options);
  const reports: DataPlaneReport[] = [];
  const plane: { current: DataPlane | null } = { current: null };
  const transport = createNodeTransport({
    onFault: (error) => plane.current?.reportFault(error),
    ...(options.time === undefined ? {} : { clock: options.time }),
    ...(options.engine === undefined ? {} : { engine: options.engine }),
  });
  const memory = new MemoryTable(createMemoryTable(1), 0);
  memory.limitBytes = snapshot.settings.memory.maxBytes;
  const dataPlane = createDataPlane({
    worker: 0,
    transport,
    clock: transport.clock,
    turns: options.time ?? nodeTurns,
    random: createSeededRandom(options.seed ?? 1),
    memory: new ThreadMemory(memory),
    report: (report) => reports.push(report),
  });
  plane.current = dataPlane;
  await dataPlane.loadFor(snapshot);
  dataPlane.apply(snapshot, diffSnapshots(null, snapshot));
  const listener = await transport.listen(
    { host: '127.0.0.1', port: 0, reusePort: false },
    dataPlane.accept(snapshot.listeners[0]),
  );
  const table = new PoolTable(snapshot.pools[0].table, 0);
  return {
    port: listener.port,
    plane: dataPlane,
    table,
    routes: new RouteTable(snapshot.routeTable, 0),
    memory,
    reports,
    async close() {
      await listener.close();
      dataPlane.destroy();
      await until(() => dataPlane.connections === 0 && dataPlane.exchanges === 0, 'connections and exchanges end');
      const counts = () =>
        options.ports.map((_port, slot) => [table.inFlight(slot), table.connections[slot], table.idlePlaces[slot]]);
      await until(
        () =>
          counts()
            .flat()
            .every((count) => count === 0),
        () => `counts return to zero: ${JSON.stringify(counts())}`,
      );
      assert.equal(memory.keptBytes, 0, 'bytes that nobody keeps any more are counted');
      const faults = reports.filter((report) => report.type === 'fault');
      if (options.allowFaults !== true) assert.deepEqual(faults, []);
    },
  };
}
