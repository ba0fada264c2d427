/** The health of one pool as the control plane keeps it, with what a worker tells of it; the time is the test's own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { BareConnects } from '../../src/checks/bare-connects.ts';
import { Lateness } from '../../src/checks/lateness.ts';
import type { WithheldEjection } from '../../src/checks/pool-outages.ts';
import { PoolHealth } from '../../src/checks/pool-health.ts';
import type { HealthEvent } from '../../src/checks/pool-health.ts';
import type { Probe, Probes } from '../../src/checks/probe.ts';
import { PROBES } from '../../src/checks/probes.ts';
import type { BlamedFailure, RescueOrder, TrialResult } from '../../src/core/health/evidence.ts';
import { FIT, takeTrial } from '../../src/core/health/trial-word.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { COUNTER_ATTEMPTS, PoolTable, createPoolTable } from '../../src/core/shared/pool-table.ts';
import type { EndpointSpec, PoolSpec } from '../../src/core/snapshot.ts';
import { Endpoint } from '../../src/upstream/endpoint.ts';
import type { EndpointReports } from '../../src/upstream/endpoint.ts';
import type { LeasePool } from '../../src/upstream/lease-pool.ts';
import type { Waiter } from '../../src/upstream/waiter.ts';
import { FakeTime } from './fake-time.ts';
import { startHttpServer } from './http-server.ts';
import { configOf } from './running-balancer.ts';
import { until } from './until.ts';

export const GENERATION = 0;

export interface CheckedServer {
  port: number;
  readonly requests: http.IncomingMessage[];
  respond: http.RequestListener;
}

export async function startServer(t: TestContext, host = '127.0.0.1'): Promise<CheckedServer> {
  const started: CheckedServer = { port: 0, requests: [], respond: (_request, response) => response.end('fine') };
  const answer: http.RequestListener = (request, response) => {
    started.requests.push(request);
    started.respond(request, response);
  };
  started.port = await startHttpServer(t, answer, host);
  return started;
}

export interface WatchedPool {
  readonly time: FakeTime;
  readonly health: PoolHealth;
  readonly table: PoolTable;
  readonly events: HealthEvent[];
  readonly rescues: RescueOrder[];
  readonly withheld: WithheldEjection[];
  /** Waits for the check's answer with this number, from 1. */
  answer(count: number): Promise<void>;
  answers(): number;
  /** How many connects were made to see whether an endpoint listens again. */
  bareConnects(): number;
  /** The addresses that were asked, in order. */
  readonly asked: readonly string[];
  /** As many attempts at an endpoint fail, one after another, each after `tookMs`. */
  fail(slot: number, failure: BlamedFailure, times?: number, tookMs?: number): void;
  /** A fit request takes the trial of an endpoint, and ends like this. */
  tryIt(slot: number, result: TrialResult): void;
  readonly spec: PoolSpec;
  /** A request is under way there. */
  begin(slot: number): void;
  /** As many succeed. */
  succeed(slot: number, times?: number): void;
}

export interface WatchOptions {
  readonly addresses?: readonly string[];
  /** As the config writes it. */
  readonly ejection?: string;
  readonly breaker?: string;
}

/** A pool of some ports on 127.0.0.1 under a check as the config writes it; `''`: none. */
export function watch(
  t: TestContext,
  ports: readonly number[],
  check: string,
  { addresses = ['127.0.0.1'], ejection = '{}', breaker = 'off' }: WatchOptions = {},
): WatchedPool {
  const checkText = check === '' ? '' : `check: ${check}, `;
  const kept = `ejection: ${ejection}, breaker: ${breaker}`;
  const [pool] = configOf(`pools: { web: { ${checkText}${kept}, endpoints: ["127.0.0.1:1"] } }`).pools;
  const time = new FakeTime();
  const events: HealthEvent[] = [];
  const rescues: RescueOrder[] = [];
  const withheld: WithheldEjection[] = [];
  const handle = createPoolTable(ports.length, 1);
  const table = new PoolTable(handle, 0);
  let answers = 0;
  let bareConnects = 0;
  const asked: string[] = [];
  const counted = ([kind, probe]: [string, unknown]): [string, Probe] => {
    return [
      kind,
      async (target, signal) => {
        asked.push(target.address);
        // No config makes such a check.
        if (target.check.rise === 1 && target.check.intervalMs === 250) bareConnects++;
        const result = await (probe as Probe)(target, signal);
        setImmediate(() => answers++);
        return result;
      },
    ];
  };
  const probes = Object.fromEntries(Object.entries(PROBES).map(counted)) as unknown as Probes;
  const tools = {
    clock: time,
    random: createSeededRandom(1),
    scheduler: time,
    lateness: new Lateness(time, time),
    bareConnects: new BareConnects({ clock: time, scheduler: time, probes }),
    probes,
  };
  const made = { endpoints: [], nearZone: '', routePolicies: [], hashTables: [], table: handle, tls: null };
  const spec: PoolSpec = { ...pool, ...made };
  const health = new PoolHealth(spec, table, tools, {
    onChange: (event) => events.push(event),
    onPanic: () => {},
    onWithheld: (event) => withheld.push(event),
    onRescue: (order) => rescues.push(order),
  });
  const specs = ports.map((port, slot) => endpointAt(port, slot, addresses));
  const endpoints = specs.map((each) => reportingEndpoint(spec, each, table, health));
  for (const each of specs) health.add(each);
  t.after(() => health.close());
  return {
    time,
    health,
    table,
    events,
    rescues,
    withheld,
    answers: () => answers,
    bareConnects: () => bareConnects,
    asked,
    answer: (count) => until(() => answers >= count, `answer ${count} of the check`),
    fail(slot, failure, times = 1, tookMs = 0) {
      for (let time = 0; time < times; time++) {
        endpoints[slot].count(COUNTER_ATTEMPTS, 1);
        endpoints[slot].failed({ failure, detail: '', tookMs });
      }
    },
    spec,
    tryIt(slot, result) {
      const trial = takeTrial(table, slot, FIT);
      assert.ok(trial !== null, `no trial of ${slot} is due`);
      endpoints[slot].trialEnded(trial.number, result);
    },
    begin(slot) {
      endpoints[slot].acquire();
      endpoints[slot].count(COUNTER_ATTEMPTS, 1);
    },
    succeed(slot, times = 1) {
      for (let time = 0; time < times; time++) {
        endpoints[slot].count(COUNTER_ATTEMPTS, 1);
        endpoints[slot].succeeded();
      }
    },
  };
}

export function endpointAt(port: number, slot: number, addresses: readonly string[]): EndpointSpec {
  const placed = { weight: 1, priority: 0, zone: '', isBackup: false, maxRequests: 0 };
  return { id: String(slot), slot, generation: GENERATION, ...placed, addresses, port, authority: `web.test:${port}` };
}

/** For endpoints whose reports nobody reads. */
export const SILENT_REPORTS: EndpointReports = {
  onFailuresReached() {},
  onPassiveFailure() {},
  onBreakerFailure() {},
  onTrialEnded() {},
  onRecovered() {},
};

/** Of an endpoint that nobody connects to. */
export const NO_LEASES: LeasePool<Waiter> = {
  heardAt: -Infinity,
  lease: () => false,
  cancel() {},
  lookForPlaces() {},
  update() {},
  updateHeadLimits() {},
  moveTo() {},
  retire() {},
};

/** A worker's endpoint whose reports arrive without a message. */
function reportingEndpoint(pool: PoolSpec, spec: EndpointSpec, table: PoolTable, health: PoolHealth): Endpoint<Waiter> {
  const { slot, generation } = spec;
  return new Endpoint({
    poolId: pool.id,
    spec,
    table,
    limits: {
      maxConnections: 0,
      maxIdle: 1,
      idleTimeoutMs: 1000,
      isLenient: false,
      tls: null,
      failures: pool.ejection.enabled ? pool.ejection.failures : 0,
      breaker: pool.breaker,
      maxRequests: 0,
      maxPoolRequests: 0,
    },
    leases: NO_LEASES,
    reports: {
      onFailuresReached: (_endpoint, kind, { failure, detail }) =>
        health.failedInARow({ slot, generation, failure, detail }, kind),
      onPassiveFailure: (_endpoint, isFirst, { failure, detail, tookMs }) =>
        health.failed({ slot, generation, failure, detail }, isFirst, tookMs),
      onBreakerFailure: (_endpoint, inARow, { failure, detail }) =>
        health.breakerFailed({ slot, generation, failure, detail }, inARow),
      onTrialEnded: (_endpoint, number, result) => health.trialEnded({ slot, generation }, number, result),
      onRecovered: () => health.recovered(slot, generation),
    },
  });
}

export async function unusedPort(): Promise<number> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
