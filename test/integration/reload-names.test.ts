/** Names of endpoints that have other addresses when a config is loaded anew: another server is there from then on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { ReloadingBalancer, get } from '../support/reloading.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** Answers its own address, to checks as well. Resolves to its port. */
async function startServer(t: TestContext, host: string, port = 0, status = 200): Promise<number> {
  const server = http.createServer((_request, response) => response.writeHead(status).end(host));
  server.listen(port, host);
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  return (server.address() as AddressInfo).port;
}

/** Two servers at one port, the first of which answers this status, and a balancer whose only endpoint is a name for it. */
async function startNamed(t: TestContext, pool: string, status = 200) {
  const port = await startServer(t, '127.0.0.1', 0, status);
  await startServer(t, '127.0.0.2', port);
  let address = '127.0.0.1';
  const text = `
    threads: 1
    listeners: { web: "127.0.0.1:0" }
    pools: { web: { ${pool} endpoints: ["server.test:${port}"] } }
  `;
  const running = await runBalancer(text, { lookup: () => Promise.resolve([address]) });
  t.after(() => running.balancer.close({ force: true }));
  const balancer = new ReloadingBalancer(running);
  const move = async (): Promise<void> => {
    address = '127.0.0.2';
    await running.balancer.reload(configOf(text));
  };
  return { balancer, move };
}

it('after a reload requests go to the new address of a name, also where connections to the old one are kept', async (t) => {
  const { balancer, move } = await startNamed(t, '');
  const agent = new http.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  for (let count = 0; count < 3; count++) assert.equal(await get(balancer.port(), '/', agent), '200 127.0.0.1');
  await move();
  for (let count = 0; count < 3; count++) assert.equal(await get(balancer.port(), '/', agent), '200 127.0.0.2');
});

it('an unhealthy endpoint whose name has another address is checked there at once', async (t) => {
  const { balancer, move } = await startNamed(t, 'check: { http: /, interval: 300s, rise: 1 },', 500);
  const stateOf = (): string => balancer.running.balancer.stats().pools[0].endpoints[0].health.state;
  await until(() => stateOf() === 'unhealthy', 'a verdict on the first server');
  await move();
  await until(() => stateOf() === 'healthy', 'a verdict on the second server');
});
