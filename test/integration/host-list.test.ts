import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startBackend } from '../../src/backend/backend.ts';
import { runBalancer } from '../support/running-balancer.ts';

async function ask(port: number, host: string): Promise<string> {
  const [response] = (await once(http.get({ host: '127.0.0.1', port, headers: { host } }), 'response')) as [
    http.IncomingMessage,
  ];
  await text(response);
  return String(response.headers['x-backend'] ?? response.statusCode);
}

test('a route with a list of hosts takes each of them, and counts each under a name of its own', async () => {
  await using shop = await startBackend({ name: 'shop' });
  await using api = await startBackend({ name: 'api' });
  const { balancer, port } = await runBalancer(`
threads: 1
listeners: { web: "127.0.0.1:0" }
routes:
  - { name: shop, match: { host: [shop.example, "*.shop.example", www.example] }, pool: shop }
  - { name: api, match: { host: api.shop.example }, pool: api }
pools: { shop: ["127.0.0.1:${shop.port}"], api: ["127.0.0.1:${api.port}"] }
`);
  try {
    const hosts = { 'shop.example': 'shop', 'a.b.shop.example': 'shop', 'WWW.example:80': 'shop' };
    for (const [host, name] of Object.entries({ ...hosts, 'api.shop.example': 'api', example: '404' })) {
      assert.equal(await ask(port, host), name, host);
    }
    const counted = balancer.stats().routes.map(({ route, requests }) => [route, requests]);
    assert.deepEqual(counted, [
      ['shop', 1],
      ['shop/2', 1],
      ['shop/3', 1],
      ['api', 1],
    ]);
  } finally {
    await balancer.close({ force: true });
  }
});
