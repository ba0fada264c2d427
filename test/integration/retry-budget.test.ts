/** The retry budget of a pool, at the socket and over threads. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { COUNTER_BUDGET_SPENT, COUNTER_RETRIES } from '../../src/core/shared/pool-table.ts';
import { ROUTE_BUDGET_SPENT } from '../../src/core/shared/route-table.ts';
import { exchange, get as getLogged, runLogged } from '../support/access-log.ts';
import { EJECTION } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, proxied, readResponse } from '../support/proxied.ts';
import { runBalancer } from '../support/running-balancer.ts';

const NO_EJECTION = { ...EJECTION, enabled: false };
/** Two in 10 s. */
const TWO = { share: 0, perSecond: 0.2 };

proxied(
  'with the budget spent an answer is passed on, and counted',
  { pool: { ejection: NO_EJECTION, retryBudget: TWO }, retry: { attempts: 5, statuses: [503], backoffMs: 1 } },
  answering(() => 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'),
  async ({ client, plane }) => {
    const peer = await client();
    for (let index = 0; index < 2; index++) {
      await peer.send(get());
      const answer = await readResponse(peer);
      assert.equal(answer.status, 503);
      assert.doesNotMatch(answer.head, /Fairlead-Error/);
    }
    assert.equal(plane.table.total(0, COUNTER_RETRIES), 2);
    assert.equal(plane.table.total(0, COUNTER_BUDGET_SPENT), 2);
    assert.equal(plane.routes.total(1, ROUTE_BUDGET_SPENT), 2);
  },
);

proxied(
  'with the budget spent a failure is answered as it is, and refused connects are still moved on from',
  { deadPorts: 1, pool: { ejection: NO_EJECTION, retryBudget: TWO }, retry: { attempts: 5, backoffMs: 1 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    peer.reset();
  },
  async ({ client, plane }) => {
    for (let index = 0; index < 3; index++) {
      const peer = await client();
      await peer.send(get());
      assert.match((await readResponse(peer)).head, /Fairlead-Error: upstream-(?:reset|closed)/);
    }
    assert.equal(plane.table.total(1, COUNTER_RETRIES), 2);
    assert.equal(plane.table.total(1, COUNTER_BUDGET_SPENT), 3);
  },
);

test('the access log says that the budget was spent', async (t) => {
  const { port, lines } = await runLogged(t, {
    threads: 0,
    more: 'defaults: { retry: { retryOn: [reset, 500], budget: { share: off, floor: off } } }',
  });
  await exchange(port, getLogged('/fail'));
  const [line] = await lines(1);
  assert.equal(line['status'], 500);
  assert.equal(line['reason'], 'budget-spent');
});

for (const threads of [1, 4]) {
  test(`a pool that answers 503 to all gets a fifth more than the clients send, and the floor, with ${threads} threads`, async (t) => {
    let hits = 0;
    const server = http.createServer((_request, response) => {
      hits++;
      response.writeHead(503).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { balancer, port } = await runBalancer(
      `threads: ${threads}\nlisteners: { web: 127.0.0.1:0 }\npools: { web: { endpoints: ["127.0.0.1:${(server.address() as AddressInfo).port}"], ejection: off, retry: { attempts: 10, retryOn: 503, backoff: off, budget: { floor: 1/s } } } }`,
    );
    t.after(() => balancer.close());
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    t.after(() => agent.destroy());
    const ask = async (): Promise<void> => {
      const request = http.get({ host: '127.0.0.1', port, agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.resume();
      await once(response, 'end');
    };
    let requests = 0;
    const until = performance.now() + 3000;
    const lane = async (): Promise<void> => {
      while (performance.now() < until) {
        requests++;
        await ask();
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    const { retries, budgetSpent } = balancer.stats().routes[0];
    assert.equal(hits, requests + retries);
    assert.ok(hits <= 1.2 * requests + 10, `${hits} hits of ${requests} requests`);
    assert.ok(retries >= 10, `${retries} retries`);
    assert.ok(budgetSpent > 0);
  });
}
