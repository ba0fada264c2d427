/** Circuit breakers over all threads: what opens them is counted once, and probes are as many as they are to be. */
import assert from 'node:assert/strict';
import type http from 'node:http';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { request, runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

interface Server {
  port: number;
  requests: number;
  status: number;
  /** Answers are held back. */
  isHolding: boolean;
  readonly held: http.ServerResponse[];
}

async function startServer(t: TestContext): Promise<Server> {
  const server: Server = { port: 0, requests: 0, status: 200, isHolding: false, held: [] };
  server.port = await startHttpServer(t, (_request, response) => {
    server.requests++;
    if (server.isHolding) server.held.push(response);
    else response.writeHead(server.status).end();
  });
  return server;
}

async function start(t: TestContext, threads: number, breaker: string): Promise<[RunningBalancer, Server, Server]> {
  const [sick, well] = [await startServer(t), await startServer(t)];
  const running = await runBalancer(`
    threads: ${threads}
    listeners: { web: "127.0.0.1:0" }
    pools:
      web:
        policy: round-robin
        endpoints: ["127.0.0.1:${sick.port}", "127.0.0.1:${well.port}"]
        ejection: off
        retry: off
        breaker: ${breaker}
  `);
  t.after(() => running.balancer.close({ force: true }));
  return [running, sick, well];
}

function stateOf({ balancer }: RunningBalancer): string {
  return balancer.stats().pools[0].endpoints[0].health.state;
}

async function open(running: RunningBalancer, sick: Server): Promise<void> {
  sick.status = 503;
  for (let sent = 0; sent < 400 && stateOf(running) !== 'open'; sent++) await request(running.port);
  assert.equal(stateOf(running), 'open');
}

for (const threads of [1, 4]) {
  describe(`a circuit breaker over ${threads} threads`, () => {
    it(`a circuit breaker opens by failures that no thread has enough of by itself (${threads} threads)`, async (t) => {
      for (const breaker of ['{ inARow: 12, requests: 1000 }', '{ inARow: off, requests: 12 }']) {
        const [running, sick] = await start(t, threads, breaker);
        sick.status = 503;
        while (sick.requests < 11) await request(running.port);
        assert.equal(stateOf(running), 'healthy', breaker);
        while (sick.requests < 12) await request(running.port);
        await until(() => stateOf(running) === 'open', `12 failures are enough for ${breaker}`);
        for (let sent = 0; sent < 20; sent++) assert.equal(await request(running.port), '');
        assert.equal(sick.requests, 12, breaker);
      }
    });

    it(`a circuit breaker lets as many probes through as it has, whoever takes them (${threads} threads)`, async (t) => {
      const [running, sick, well] = await start(t, threads, '{ time: 50ms, probes: 5 }');
      await open(running, sick);
      sick.status = 200;
      sick.isHolding = true;
      const failed = sick.requests;
      await until(() => stateOf(running) === 'probing', 'the end of its time');
      const answered = well.requests;
      const sent = Array.from({ length: 40 }, () => request(running.port));
      await until(() => sick.requests === failed + 5 && well.requests === answered + 35, 'all are where they go');
      assert.equal(stateOf(running), 'probing');
      sick.isHolding = false;
      for (const response of sick.held.splice(0)) response.end();
      assert.deepEqual([...new Set(await Promise.all(sent))], ['']);
      await until(() => stateOf(running) === 'healthy', 'all probes were answered');
      assert.equal(sick.requests, failed + 5);
    });
  });
}

describe('probes of a circuit breaker', () => {
  it('probes of a circuit breaker are given back when the thread that had taken them is gone', async (t) => {
    const [running, sick] = await start(t, 1, '{ time: 50ms, probes: 2 }');
    await open(running, sick);
    sick.status = 200;
    sick.isHolding = true;
    const failed = sick.requests;
    await until(() => stateOf(running) === 'probing', 'the end of its time');
    const lost = [request(running.port), request(running.port)];
    await until(() => sick.requests === failed + 2, 'both probes are taken');
    running.balancer.workers?.serving[0].breakDown('exit');
    await Promise.all(lost);
    await until(() => running.changes.some(({ change }) => change === 'replaced'), 'another thread');
    assert.equal(stateOf(running), 'probing');
    sick.isHolding = false;
    for (let sent = 0; sent < 2; sent++) await request(running.port);
    await until(() => stateOf(running) === 'healthy', 'its probes were answered');
    assert.equal(sick.requests, failed + 4);
  });
});
