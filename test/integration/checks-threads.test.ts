/** Health through a whole balancer: what one thread meets or a check says is so for all threads at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { request, runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

interface Endpoint {
  port: number;
  requests: number;
  status: number;
  checkStatus: number;
}

async function startEndpoint(t: TestContext): Promise<Endpoint> {
  const endpoint: Endpoint = { port: 0, requests: 0, status: 200, checkStatus: 200 };
  endpoint.port = await startHttpServer(t, (request, response) => {
    if (request.url === '/health') {
      response.writeHead(endpoint.checkStatus).end();
      return;
    }
    endpoint.requests++;
    response.writeHead(endpoint.status).end();
  });
  return endpoint;
}

async function requestMany(port: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += 10) {
    await Promise.all(Array.from({ length: 10 }, () => request(port)));
  }
}

function stateOf({ balancer }: RunningBalancer, index: number): string {
  return balancer.stats().pools[0].endpoints[index].health.state;
}

for (const threads of [0, 1, 4]) {
  describe(`health with ${threads} threads`, () => {
    it(`a bad check keeps requests away until it is good again (${threads} threads)`, async (t) => {
      const endpoints = [await startEndpoint(t), await startEndpoint(t)];
      endpoints[1].checkStatus = 500;
      const running = await runBalancer(`
        threads: ${threads}
        listeners: { web: "127.0.0.1:0" }
        pools:
          web:
            endpoints: ["127.0.0.1:${endpoints[0].port}", "127.0.0.1:${endpoints[1].port}"]
            check: { http: /health, interval: 100ms, fastInterval: 20ms }
      `);
      t.after(() => running.balancer.close({ force: true }));
      await until(() => stateOf(running, 1) === 'unhealthy', 'the first answer of the check');
      await requestMany(running.port, 40);
      assert.deepEqual(
        endpoints.map(({ requests }) => requests),
        [40, 0],
      );
      endpoints[1].checkStatus = 200;
      await until(() => stateOf(running, 1) === 'healthy', 'two passes');
      await requestMany(running.port, 40);
      assert.ok(endpoints[1].requests > 0);
    });

    it(`an endpoint is ejected after five failures in a row, with the reason (${threads} threads)`, async (t) => {
      const endpoints = [await startEndpoint(t), await startEndpoint(t), await startEndpoint(t)];
      endpoints[2].status = 503;
      const running = await runBalancer(`
        threads: ${threads}
        listeners: { web: "127.0.0.1:0" }
        pools: { web: [${endpoints.map(({ port }) => `"127.0.0.1:${port}"`).join(', ')}] }
      `);
      t.after(() => running.balancer.close({ force: true }));
      while (stateOf(running, 2) !== 'ejected') await requestMany(running.port, 10);
      const failed = endpoints[2].requests;
      assert.ok(failed >= 5);
      await requestMany(running.port, 30);
      assert.equal(endpoints[2].requests, failed);
      assert.match(running.balancer.stats().pools[0].endpoints[2].health.reason, /^5 failures in a row/);
    });
  });
}
