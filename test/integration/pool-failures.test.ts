/** Requests that a pool has no good answer for are told to the operator, with cause and endpoint, and not one by one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { BalancerEvents } from '../../src/runtime/balancer.ts';
import { FAILURE_WINDOW_MS } from '../../src/runtime/control/pool-failures.ts';
import { FakeTime } from '../support/fake-time.ts';
import { startHttpServer } from '../support/http-server.ts';
import { request, runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

type Failure = BalancerEvents['failure'][0];

interface Failing extends RunningBalancer {
  readonly heard: Failure[];
}

/** Port 1 of the loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';

async function start(t: TestContext, threads: number, web: string): Promise<Failing> {
  const config = `
    threads: ${threads}
    listeners: { web: "127.0.0.1:0" }
    pools: { web: { ${web}, ejection: off, queue: { hold: off } } }`;
  const running = await runBalancer(config, { scheduler: new FakeTime() });
  t.after(() => running.balancer.close({ force: true }));
  const heard: Failure[] = [];
  running.balancer.on('failure', (failure) => heard.push(failure));
  return { ...running, heard };
}

for (const threads of [0, 1, 4]) {
  describe(`a pool that fails requests, with ${threads} threads`, () => {
    it(`a pool that fails requests has a line at once, with endpoint and cause, and one for all that follow within ten seconds (${threads} threads)`, async (t) => {
      const { balancer, port, heard } = await start(t, threads, `endpoints: ["${NOBODY}"]`);
      for (let count = 0; count < 20; count++) assert.match(await request(port), /^HTTP\/1\.1 502/);
      await until(() => heard.length > 0, 'the first one is told');
      const about = { pool: 'web', endpoint: NOBODY, reason: 'connect-failed', cause: 'ECONNREFUSED', status: 502 };
      assert.deepEqual(heard[0], { ...about, count: 1, withinMs: 0 });
      // What has not been told is told at the latest when the balancer closes.
      await balancer.close({ force: true });
      assert.deepEqual(heard.slice(1), [{ ...about, count: 19, withinMs: FAILURE_WINDOW_MS }]);
    });
  });
}

describe('what a pool failed', () => {
  it('failed requests of a pool are reported by reason: no endpoint, and an answer that broke off', async (t) => {
    const broken = await startHttpServer(t, (_message, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345', () => response.destroy());
    });
    const none = await start(t, 0, `endpoints: ["${NOBODY}"], panic: off, check: { tcp: {}, start: unhealthy }`);
    assert.match(await request(none.port), /^HTTP\/1\.1 503/);
    assert.deepEqual(none.heard, [
      { pool: 'web', endpoint: '', reason: 'no-endpoint', cause: '', status: 503, count: 1, withinMs: 0 },
    ]);
    const cut = await start(t, 0, `endpoints: ["127.0.0.1:${broken}"]`);
    await request(cut.port);
    await until(() => cut.heard.length > 0, 'the broken answer is told');
    const { endpoint, reason, status } = cut.heard[0];
    assert.deepEqual([endpoint, reason, status], [`127.0.0.1:${broken}`, 'upstream-reset', 200]);
  });

  it('requests that clients broke off, or that met no route, are not failures of a pool', async (t) => {
    const port = await startHttpServer(t, (_message, response) => response.end());
    const config = `
      threads: 0
      listeners: { web: "127.0.0.1:0" }
      routes: [{ match: { path: /a }, pool: web, maxBody: 1B }]
      pools: { web: { endpoints: ["127.0.0.1:${port}"], queue: { hold: off } } }`;
    const { balancer, port: front } = await runBalancer(config);
    t.after(() => balancer.close({ force: true }));
    balancer.on('failure', (failure) => assert.fail(JSON.stringify(failure)));
    assert.match(await request(front, '/b'), /^HTTP\/1\.1 404/);
    const answer = await fetch(`http://127.0.0.1:${front}/a`, { method: 'POST', body: 'too long' });
    assert.equal(answer.status, 413);
  });
});
