/** What happens when checks say that nobody may be picked. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { request, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** A server whose check always fails while it answers everything else. */
function startEndpoint(t: TestContext): Promise<number> {
  return startHttpServer(t, (message, response) => {
    response.writeHead(message.url === '/health' ? 500 : 200).end();
  });
}

for (const threads of [1, 4]) {
  describe(`a pool without an eligible endpoint, with ${threads} threads`, () => {
    for (const [panic, answer] of [
      ['on', ''],
      ['off', 'HTTP/1.1 503 Service Unavailable'],
    ]) {
      it(`a pool without an eligible endpoint answers ${answer || 'as its endpoint does'} with panic: ${panic} (${threads} threads)`, async (t) => {
        const port = await startEndpoint(t);
        const { balancer, port: front } = await runBalancer(`
          threads: ${threads}
          listeners: { web: "127.0.0.1:0" }
          pools:
            web: { endpoints: ["127.0.0.1:${port}"], check: { http: /health, start: unhealthy }, panic: ${panic} }
        `);
        t.after(() => balancer.close());
        const state = (): string => balancer.stats().pools[0].endpoints[0].health.state;
        await until(() => state() === 'unhealthy', 'the check fails');
        assert.equal(await request(front), answer);
      });
    }

    it(`a pool without an eligible endpoint says when that begins, and when it is over (${threads} threads)`, async (t) => {
      let isWell = false;
      const port = await startHttpServer(t, (_message, response) => {
        response.writeHead(isWell ? 200 : 500).end();
      });
      const { balancer } = await runBalancer(`
        threads: ${threads}
        listeners: { web: "127.0.0.1:0" }
        pools:
          web:
            endpoints: [{ address: "127.0.0.1:${port}", weight: 2 }, { address: "127.0.0.2:${port}", weight: 0 }]
            check: { http: /health, start: unhealthy, fastInterval: 20ms, interval: 50ms, downInterval: 20ms }
      `);
      t.after(() => balancer.close());
      const heard: string[] = [];
      balancer.on('panic', ({ pool, phase, endpoints, healthy }) => {
        heard.push(`${pool} ${phase} ${healthy}/${endpoints}`);
      });
      await until(() => balancer.stats().pools[0].isPanicking, 'the only endpoint with a weight fails its check');
      isWell = true;
      await until(() => !balancer.stats().pools[0].isPanicking, 'it passes');
      isWell = false;
      await until(() => balancer.stats().pools[0].isPanicking, 'it fails again');
      assert.deepEqual(heard.slice(-2), ['web end 1/1', 'web begin 0/1']);
    });
  });
}
