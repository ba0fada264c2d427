/** Active checks against real servers that answer, fail, hang and recover; the time is the test's own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { Lateness } from '../../src/checks/lateness.ts';
import { PoolHealth } from '../../src/checks/pool-health.ts';
import type { HealthEvent } from '../../src/checks/pool-health.ts';
import type { Probe, Probes } from '../../src/checks/probe.ts';
import { PROBES } from '../../src/checks/probes.ts';
import type { RescueOrder } from '../../src/core/health/evidence.ts';
import { evidenceAt } from '../../src/core/health/evidence.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { DRAINING, EJECTED, PoolTable, REFUSED, UNHEALTHY, createPoolTable } from '../../src/core/shared/pool-table.ts';
import type { EndpointSpec, PoolSpec } from '../../src/core/snapshot.ts';
import { FakeTime } from '../support/fake-time.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const GENERATION = 0;

interface Server {
  port: number;
  readonly requests: http.IncomingMessage[];
  respond: http.RequestListener;
}

async function startServer(t: TestContext, host = '127.0.0.1'): Promise<Server> {
  const started: Server = { port: 0, requests: [], respond: (_request, response) => response.end('fine') };
  const answer: http.RequestListener = (request, response) => {
    started.requests.push(request);
    started.respond(request, response);
  };
  started.port = await startHttpServer(t, answer, host);
  return started;
}

interface Watched {
  readonly time: FakeTime;
  readonly health: PoolHealth;
  readonly table: PoolTable;
  readonly events: HealthEvent[];
  readonly rescues: RescueOrder[];
  /** Waits for the check's answer with this number, from 1. */
  answer(count: number): Promise<void>;
  answers(): number;
  /** The addresses that were asked, in order. */
  readonly asked: readonly string[];
}

/** A pool of some ports on 127.0.0.1 under a check as the config writes it. */
function watch(t: TestContext, ports: readonly number[], check: string, addresses = ['127.0.0.1']): Watched {
  const checkText = check === '' ? '' : `check: ${check}, `;
  const [pool] = configOf(`pools: { web: { ${checkText}endpoints: ["127.0.0.1:1"] } }`).pools;
  const time = new FakeTime();
  const events: HealthEvent[] = [];
  const rescues: RescueOrder[] = [];
  const handle = createPoolTable(ports.length, 1);
  const table = new PoolTable(handle, 0);
  let answers = 0;
  const asked: string[] = [];
  const counted = ([kind, probe]: [string, unknown]): [string, Probe] => {
    return [
      kind,
      async (target, signal) => {
        asked.push(target.address);
        const result = await (probe as Probe)(target, signal);
        setImmediate(() => answers++);
        return result;
      },
    ];
  };
  const tools = {
    clock: time,
    random: createSeededRandom(1),
    scheduler: time,
    lateness: new Lateness(time, time),
    probes: Object.fromEntries(Object.entries(PROBES).map(counted)) as unknown as Probes,
  };
  const spec: PoolSpec = { ...pool, endpoints: [], routePolicies: [], hashTables: [], table: handle };
  const health = new PoolHealth(spec, table, tools, {
    onChange: (event) => events.push(event),
    onPanic: () => {},
    onRescue: (order) => rescues.push(order),
  });
  ports.forEach((port, slot) => health.add(endpointAt(port, slot, addresses)));
  t.after(() => health.close());
  return {
    time,
    health,
    table,
    events,
    rescues,
    answers: () => answers,
    asked,
    answer: (count) => until(() => answers >= count, `answer ${count} of the check`),
  };
}

function endpointAt(port: number, slot: number, addresses: readonly string[]): EndpointSpec {
  return { id: String(slot), slot, generation: GENERATION, weight: 1, addresses, port, authority: `web.test:${port}` };
}

async function unusedPort(): Promise<number> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('an active check', () => {
  it('tries at once, and the first answer decides alone', async (t) => {
    const good = await startServer(t);
    const bad = await startServer(t);
    bad.respond = (_request, response) => response.writeHead(500).end();
    const { table, events, answer } = watch(t, [good.port, bad.port], '{ http: { path: /health } }');
    assert.ok(table.isEligible(1));
    await answer(2);
    assert.ok(table.isEligible(0));
    assert.ok(!table.isEligible(1));
    assert.deepEqual(
      events.map(({ endpoint, state, reason }) => ({ endpoint, state, reason })),
      [{ endpoint: '1', state: 'unhealthy', reason: 'http check: status 500' }],
    );
    assert.equal(good.requests[0].url, '/health');
    assert.equal(good.requests[0].headers.host, `web.test:${good.port}`);
  });

  it('takes an endpoint out after three failures in a row, at its fast interval, and back after two passes', async (t) => {
    const server = await startServer(t);
    const { time, table, events, answer } = watch(t, [server.port], '{ http: {} }');
    await answer(1);
    server.respond = (_request, response) => response.writeHead(503).end();
    time.advance(5500);
    await answer(2);
    assert.ok(table.isEligible(0));
    for (const count of [3, 4]) {
      time.advance(1100);
      await answer(count);
    }
    assert.ok(!table.isEligible(0));
    assert.deepEqual(
      events[0].checks[0].answers.map(({ ok }) => ok),
      [true, false, false, false],
    );
    server.respond = (_request, response) => response.end();
    time.advance(5500);
    await answer(5);
    assert.ok(!table.isEligible(0));
    time.advance(1100);
    await answer(6);
    assert.ok(table.isEligible(0));
    assert.deepEqual(
      events.map(({ state }) => state),
      ['unhealthy', 'healthy'],
    );
  });

  it('comes every interval, a tenth more or less', async (t) => {
    const server = await startServer(t);
    const { time, answer, answers } = watch(t, [server.port], '{ http: {}, interval: 10s }');
    await answer(1);
    for (let count = 2; count <= 6; count++) {
      time.advance(8999);
      assert.equal(server.requests.length, count - 1);
      time.advance(2001);
      await answer(count);
    }
    assert.equal(answers(), 6);
  });

  it('fails when nothing comes within its timeout', async (t) => {
    const server = await startServer(t);
    server.respond = () => {};
    const { time, table, events } = watch(t, [server.port], '{ http: {}, timeout: 3s }');
    await until(() => server.requests.length === 1, 'the request');
    time.advance(2999);
    assert.ok(table.isEligible(0));
    time.advance(1);
    assert.ok(!table.isEligible(0));
    assert.match(events[0].reason, /no answer within 3000 ms/);
    await until(() => server.requests[0].destroyed, 'the end of the connection');
  });

  it('fails on an answer that takes longer than maxLatency', async (t) => {
    const server = await startServer(t);
    const { promise: asked, resolve: ask } = Promise.withResolvers<http.ServerResponse>();
    server.respond = (_request, response) => ask(response);
    const { time, table, events, answer } = watch(t, [server.port], '{ http: {}, maxLatency: 500ms }');
    const response = await asked;
    time.advance(501);
    response.end();
    await answer(1);
    assert.ok(!table.isEligible(0));
    assert.match(events[0].reason, /status 200 in 501 ms, allowed are 500/);
  });

  it('sends its method, path, headers and host, to its own port', async (t) => {
    const server = await startServer(t);
    const own = await startServer(t);
    const check = `{ http: { path: "/ready?full", method: HEAD, host: own.test, port: ${own.port}, headers: { x-probe: "1" } } }`;
    const { table, answer } = watch(t, [server.port], check);
    await answer(1);
    const [{ method, url, headers }] = own.requests;
    assert.deepEqual({ method, url }, { method: 'HEAD', url: '/ready?full' });
    assert.equal(headers.host, 'own.test');
    assert.equal(headers['x-probe'], '1');
    assert.equal(server.requests.length, 0);
    assert.ok(table.isEligible(0));
  });

  it('follows no redirect, and lets a status pass that it lists alone', async (t) => {
    const server = await startServer(t);
    server.respond = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    const lenient = watch(t, [server.port], '{ http: {} }');
    await lenient.answer(1);
    assert.ok(lenient.table.isEligible(0));
    const strict = watch(t, [server.port], '{ http: { status: [200, 204-205] } }');
    await strict.answer(1);
    assert.ok(!strict.table.isEligible(0));
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/', '/'],
    );
  });

  it('looks for a text in the body', async (t) => {
    const server = await startServer(t);
    server.respond = (request, response) => {
      response.write('all is ');
      response.end(request.headers['x-well'] === undefined ? 'lost' : 'well');
    };
    const bad = watch(t, [server.port], '{ http: { body: "is well" } }');
    const good = watch(t, [server.port], '{ http: { body: "is well", headers: { x-well: "1" } } }');
    await Promise.all([bad.answer(1), good.answer(1)]);
    assert.ok(!bad.table.isEligible(0));
    assert.ok(good.table.isEligible(0));
  });

  it('by tcp passes on a connect and fails on a refused one', async (t) => {
    const server = await startServer(t);
    const { table, answer } = watch(t, [server.port, await unusedPort()], 'tcp');
    await answer(2);
    assert.ok(table.isEligible(0));
    assert.equal(table.health[1], UNHEALTHY | REFUSED);
  });

  it('of localhost passes on whichever family answers, and then asks that one first', async (t) => {
    const server = await startServer(t, '::1');
    // The port was chosen on ::1 alone: on 127.0.0.1 another test may have it.
    const { time, table, asked, answer } = watch(t, [server.port], '{ http: {} }', ['127.0.0.77', '::1']);
    await answer(2);
    assert.ok(table.isEligible(0));
    // So far that the other one joins as well: which of the two answers first is a matter of chance.
    time.advance(5500);
    await until(() => server.requests.length === 2, 'it is asked again');
    assert.deepEqual(asked.slice(0, 3), ['127.0.0.77', '::1', '::1']);
  });

  it('keeps an endpoint out until its first answer where it starts unhealthy', async (t) => {
    const server = await startServer(t);
    const { table, answer } = watch(t, [server.port], '{ http: {}, start: unhealthy }');
    assert.ok(!table.isEligible(0));
    await answer(1);
    assert.ok(table.isEligible(0));
  });

  it('is void and repeated when our own thread was late', async (t) => {
    const server = await startServer(t);
    const { promise: asked, resolve: ask } = Promise.withResolvers<undefined>();
    server.respond = () => ask(undefined);
    const { time, table, events, answer } = watch(t, [server.port], '{ http: {}, timeout: 2s }');
    await asked;
    server.respond = (_request, response) => response.end();
    time.stall(3000);
    time.advance(0);
    assert.ok(table.isEligible(0));
    time.advance(0);
    await until(() => server.requests.length === 2, 'the repeated try');
    await answer(2);
    assert.ok(table.isEligible(0));
    assert.deepEqual(events, []);
  });

  it('moves attempts off an endpoint that refuses, resets or does not answer it, not off one that answers badly', async (t) => {
    const resetting = net.createServer((socket) => socket.resetAndDestroy());
    resetting.listen(0, '127.0.0.1');
    await once(resetting, 'listening');
    t.after(() => resetting.close());
    const [silent, bad] = [await startServer(t), await startServer(t)];
    silent.respond = () => {};
    bad.respond = (_request, response) => response.writeHead(503).end();
    const ports = [await unusedPort(), (resetting.address() as AddressInfo).port, silent.port, bad.port];
    const { time, table, rescues, answer } = watch(t, ports, '{ http: {}, timeout: 3s, fall: 1, rise: 1 }');
    await answer(3);
    time.advance(3000);
    assert.deepEqual(rescues.map(({ slot, kind }) => [slot, kind]).toSorted(), [
      [0, 'connect'],
      [1, 'reset'],
      [2, 'timeout'],
    ]);
    assert.deepEqual(
      [0, 1, 2, 3].map((slot) => evidenceAt(table.rescue[slot])),
      ['connect', 'reset', 'timeout', null],
    );
    silent.respond = (_request, response) => response.end();
    time.advance(5500);
    await until(() => table.isEligible(2), 'it answers');
    assert.equal(table.rescue[2], 0);
  });

  it('all have to pass where a pool has several', async (t) => {
    const server = await startServer(t);
    server.respond = (request, response) => response.writeHead(request.url === '/b' ? 500 : 200).end();
    const { table, answer } = watch(t, [server.port], '[{ http: /a }, { http: /b }]');
    await answer(2);
    assert.ok(!table.isEligible(0));
  });
});

describe('a change of health', () => {
  it('keeps its evidence: when, from what to what, why, and what each check had answered by then', async (t) => {
    const server = await startServer(t);
    const { time, health, answer } = watch(
      t,
      [server.port],
      '[{ http: /a, fall: 1, rise: 1 }, { http: /b, interval: 60s }]',
    );
    await answer(2);
    server.respond = (request, response) => response.writeHead(request.url === '/a' ? 500 : 200).end();
    time.advance(5500);
    await answer(3);
    const fellAt = time.wallTime();
    server.respond = (_request, response) => response.end();
    time.advance(5500);
    await answer(4);
    const transitions = health.report('0')?.transitions ?? [];
    assert.deepEqual(
      transitions.map(({ at, from, to, reason }) => ({
        at: at - fellAt,
        from,
        to,
        reason: reason.replace(/ in .*/, ''),
      })),
      [
        { at: 0, from: 'healthy', to: 'unhealthy', reason: 'http check: status 500' },
        { at: 5500, from: 'unhealthy', to: 'healthy', reason: 'http check: status 200' },
      ],
    );
    assert.deepEqual(
      transitions.map(({ checks }) => checks.map(({ state, answers }) => [state, answers.map(({ ok }) => ok)])),
      [
        [
          ['unhealthy', [true, false]],
          ['healthy', [true]],
        ],
        [
          ['healthy', [true, false, true]],
          ['healthy', [true]],
        ],
      ],
    );
  });

  it('is kept for the last 32', async (t) => {
    const server = await startServer(t);
    server.respond = (_request, response) => response.writeHead(200 + 300 * (server.requests.length % 2)).end();
    const { time, health, answer } = watch(t, [server.port], '{ http: {}, fall: 1, rise: 1 }');
    for (let count = 1; count <= 40; count++) {
      await answer(count);
      time.advance(5500);
    }
    const transitions = health.report('0')?.transitions ?? [];
    assert.equal(transitions.length, 32);
    assert.equal(transitions[31].to, 'healthy');
  });
});

describe('what traffic meets', () => {
  it('puts the check into its fast interval', async (t) => {
    const server = await startServer(t);
    const { time, health, answer } = watch(t, [server.port], '{ http: {}, interval: 60s }');
    await answer(1);
    health.failed(0, GENERATION, 'reset');
    time.advance(1100);
    await answer(2);
    // It has passed, so that the next one is an interval away.
    time.advance(50_000);
    assert.equal(server.requests.length, 2);
  });

  it('is marked when it is a refused connect, until something else is heard', (t) => {
    const { health, table } = watch(t, [1, 2], '');
    health.failed(0, GENERATION, 'refused');
    assert.equal(table.health[0], REFUSED);
    assert.ok(table.isEligible(0));
    health.recovered(0, GENERATION);
    assert.equal(table.health[0], 0);
  });

  it('ejects an endpoint for a time that grows', (t) => {
    const { time, health, table, events } = watch(t, [1, 2, 3], '');
    health.failedInARow(0, GENERATION, 'reset');
    assert.equal(table.health[0], EJECTED);
    assert.match(events[0].reason, /^5 failures in a row \(reset\): out for (2[789]|3[0123]) s$/);
    time.advance(33_000);
    assert.ok(table.isEligible(0));
    health.failedInARow(0, GENERATION, 'reset');
    time.advance(53_000);
    assert.ok(!table.isEligible(0));
    time.advance(13_000);
    assert.ok(table.isEligible(0));
  });

  it('never ejects the last eligible endpoint', (t) => {
    const { health, table } = watch(t, [1, 2], '');
    health.failedInARow(0, GENERATION, 'reset');
    health.failedInARow(1, GENERATION, 'reset');
    assert.ok(!table.isEligible(0));
    assert.ok(table.isEligible(1));
  });

  it('no longer ejects when a check that began later has passed', async (t) => {
    const servers = [await startServer(t), await startServer(t)];
    const { time, health, table, answer } = watch(
      t,
      servers.map(({ port }) => port),
      '{ http: {} }',
    );
    await answer(2);
    table.failures[0] = 5;
    time.advance(1);
    health.failedInARow(0, GENERATION, 'reset');
    assert.equal(table.health[0], EJECTED);
    time.advance(1100);
    await answer(3);
    assert.equal(table.health[0], 0);
    assert.equal(table.failures[0], 0);
  });

  it('is not put down to another endpoint that has taken the row since', (t) => {
    const { health, table } = watch(t, [1, 2], '');
    health.failedInARow(0, GENERATION + 1, 'reset');
    assert.equal(table.health[0], 0);
  });
});

describe('an endpoint that leaves the config', () => {
  it('drains, and is checked no more', async (t) => {
    const server = await startServer(t);
    const { time, health, table, events, answer } = watch(t, [server.port], '{ http: {} }');
    await answer(1);
    health.remove('0', 0);
    assert.equal(table.health[0], DRAINING);
    assert.equal(events[0].state, 'draining');
    time.advance(60_000);
    assert.equal(server.requests.length, 1);
  });
});
