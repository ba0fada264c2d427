/** Active checks against real servers that answer, fail, hang and recover; the time is the test's own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { evidenceAt } from '../../src/core/health/evidence.ts';
import { DRAINING, REFUSED, UNHEALTHY } from '../../src/core/shared/pool-table.ts';
import { until } from '../support/until.ts';
import { startServer, unusedPort, watch } from '../support/watched-pool.ts';

describe('an active check', () => {
  it('an active check tries at once, and the first answer decides alone', async (t) => {
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

  it('an active check takes an endpoint out after three failures in a row, at its fast interval, and back after two passes', async (t) => {
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

  it('an active check comes every interval, a tenth more or less', async (t) => {
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

  it('an active check fails when nothing comes within its timeout', async (t) => {
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

  it('an active check fails on an answer that takes longer than maxLatency', async (t) => {
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

  it('an active check sends its method, path, headers and host, to its own port', async (t) => {
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

  it('an active check follows no redirect, and lets a status pass that it lists alone', async (t) => {
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

  it('an active check looks for a text in the body', async (t) => {
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

  it('an active check by tcp passes on a connect and fails on a refused one', async (t) => {
    const server = await startServer(t);
    const { table, answer } = watch(t, [server.port, await unusedPort()], 'tcp');
    await answer(2);
    assert.ok(table.isEligible(0));
    assert.equal(table.health[1], UNHEALTHY | REFUSED);
  });

  it('an active check of localhost passes on whichever family answers, and then asks that one first', async (t) => {
    const server = await startServer(t, '::1');
    // The port was chosen on ::1 alone: on 127.0.0.1 another test may have it.
    const { time, table, asked, answer } = watch(t, [server.port], '{ http: {} }', {
      addresses: ['127.0.0.77', '::1'],
    });
    await answer(2);
    assert.ok(table.isEligible(0));
    // So far that the other one joins as well: which of the two answers first is a matter of chance.
    time.advance(5500);
    await until(() => server.requests.length === 2, 'it is asked again');
    assert.deepEqual(asked.slice(0, 3), ['127.0.0.77', '::1', '::1']);
  });

  it('an active check keeps an endpoint out until its first answer where it starts unhealthy', async (t) => {
    const server = await startServer(t);
    const { table, answer } = watch(t, [server.port], '{ http: {}, start: unhealthy }');
    assert.ok(!table.isEligible(0));
    await answer(1);
    assert.ok(table.isEligible(0));
  });

  it('an active check is void and repeated when our own thread was late', async (t) => {
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

  it('an active check moves attempts off an endpoint that refuses, resets or does not answer it, not off one that answers badly', async (t) => {
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

  it('all active checks of a pool have to pass', async (t) => {
    const server = await startServer(t);
    server.respond = (request, response) => response.writeHead(request.url === '/b' ? 500 : 200).end();
    const { table, answer } = watch(t, [server.port], '[{ http: /a }, { http: /b }]');
    await answer(2);
    assert.ok(!table.isEligible(0));
  });
});

describe('a change of health', () => {
  it('a change of health keeps its evidence: when, from what to what, why, and what each check had answered by then', async (t) => {
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

  it('a change of health is kept for the last 32', async (t) => {
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

describe('an endpoint that leaves the config', () => {
  it('an endpoint that leaves the config drains, and is checked no more', async (t) => {
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
