/** What is said once for all pools and routes holds in each, until a pool or a route says otherwise. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { runBalancer } from '../support/running-balancer.ts';

/** Answers the Host it was given; under /late after 400 ms. */
function startEndpoint(t: TestContext): Promise<number> {
  return startHttpServer(t, (message, response) => {
    const delayMs = message.url?.endsWith('/late') === true ? 400 : 0;
    message.resume().on('end', () => setTimeout(() => response.end(message.headers.host), delayMs));
  });
}

/** Pools over the same server: one takes the defaults over, each of the others has something of its own. */
async function runPools(t: TestContext): Promise<(path: string, body?: string) => Promise<Response>> {
  const address = `127.0.0.1:${await startEndpoint(t)}`;
  const { balancer, port } = await runBalancer(`
    threads: 1
    listeners: { web: "127.0.0.1:0" }
    timeouts: { responseHead: 1h }
    defaults: { host: common.internal, maxBody: 4B }
    routes:
      - { match: { path: /own/* }, pool: own, maxBody: off }
      - { match: { path: /hasty/patient/* }, pool: hasty, timeouts: { responseHead: 1h } }
      - { match: { path: /hasty/* }, pool: hasty }
      - { pool: common }
    pools:
      common: ["${address}"]
      own: { endpoints: ["${address}"], host: own.internal }
      hasty: { endpoints: ["${address}"], timeouts: { responseHead: 100ms } }
  `);
  t.after(() => balancer.close());
  return (path, body) => {
    const init = body === undefined ? {} : { method: 'POST', body };
    const headers = { connection: 'close' };
    return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers, signal: AbortSignal.timeout(20_000) });
  };
}

describe('the defaults of a config', () => {
  it('the defaults of a config hold in a pool and a route that say nothing', async (t) => {
    const request = await runPools(t);
    assert.equal(await (await request('/x')).text(), 'common.internal');
    assert.equal((await request('/x', '12345')).status, 413);
  });

  it('the defaults of a config give way to a pool and a route that say otherwise', async (t) => {
    const request = await runPools(t);
    assert.equal(await (await request('/own/x', '12345')).text(), 'own.internal');
  });

  it('the default timeouts of a config give way to those of the pool, and these to those of the route', async (t) => {
    const request = await runPools(t);
    assert.equal((await request('/hasty/late')).status, 504);
    assert.equal((await request('/hasty/patient/late')).status, 200);
    assert.equal((await request('/late')).status, 200);
  });
});
