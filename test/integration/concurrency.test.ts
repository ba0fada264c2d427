/** What clients and operators see of limits of what is under way at the same time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { ask } from '../support/limited.ts';
import { NamedEndpoint, pool } from '../support/reloading.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

async function run(t: TestContext, routes: string, threads = 1) {
  const endpoint = await NamedEndpoint.start(t, 'a');
  const config = (text: string): string =>
    [
      `threads: ${threads}`,
      'listeners: { web: "127.0.0.1:0" }',
      'trustedProxies: [127.0.0.1]',
      `routes: ${text}`,
      `pools: { ${pool('web', [endpoint])} }`,
    ].join('\n');
  const running = await runBalancer(config(routes));
  t.after(() => running.balancer.close({ force: true }));
  const held = (): number => running.balancer.stats().concurrency.reduce((sum, each) => sum + each.held, 0);
  return { ...running, endpoint, config, held };
}

/** So many requests that the endpoint holds back; resolves once all of them are there. */
async function hold(port: number, endpoint: NamedEndpoint, count: number, client = ''): Promise<http.ClientRequest[]> {
  const before = endpoint.held.length;
  const headers = client === '' ? {} : { 'x-forwarded-for': client };
  const requests = Array.from({ length: count }, () => {
    const request = http.get({ host: '127.0.0.1', port, path: '/held', agent: false, headers });
    request.on('error', () => {});
    return request;
  });
  await until(
    () => endpoint.held.length === before + count,
    () => `${endpoint.held.length} of ${before + count} are held`,
  );
  return requests;
}

describe('a limit of concurrency', () => {
  for (const threads of [1, 4]) {
    it(`a limit of concurrency refuses what is beyond it over ${threads} threads, and takes more as soon as something ends`, async (t) => {
      const { port, endpoint, held, balancer } = await run(t, '[{ name: a, pool: web, concurrency: 6 }]', threads);
      await hold(port, endpoint, 6);
      const refused = await ask(port);
      assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '1']);
      assert.equal(refused.headers['fairlead-error'], 'concurrency-limited');
      endpoint.held.shift()?.end('done');
      await until(
        () => held() === 5,
        () => `${held()} are held`,
      );
      assert.equal((await ask(port)).status, 200);
      for (const response of endpoint.held) response.end('done');
      await until(
        () => held() === 0,
        () => `${held()} are held`,
      );
      const [{ route, place, max, key, admitted, refused: refusals, untracked }] = balancer.stats().concurrency;
      assert.deepEqual([route, place, max, key], ['a', 1, 6, ['client']]);
      assert.deepEqual([admitted, refusals, untracked], [7, 1, 0]);
    });
  }

  it('a limit of concurrency counts by its key, and not whom it does not know', async (t) => {
    const { port, endpoint, held } = await run(
      t,
      `[{ match: { path: /held }, pool: web, concurrency: [{ max: 1 }, { max: 3, key: route }] },
        { match: { path: /key }, pool: web, concurrency: { max: 1, key: header.x-key, missing: skip } },
        { match: { path: /known }, pool: web, concurrency: { max: 1, key: header.x-key, missing: client } }]`,
    );
    await hold(port, endpoint, 1, '10.0.0.1');
    assert.equal((await ask(port, { path: '/held', client: '10.0.0.1' })).status, 429);
    await hold(port, endpoint, 1, '10.0.0.2');
    await hold(port, endpoint, 1, '10.0.0.3');
    // What the first limit had given it is given back.
    assert.equal((await ask(port, { path: '/held', client: '10.0.0.4' })).status, 429);
    assert.equal(held(), 6);
    assert.equal((await ask(port, { path: '/key' })).status, 200);
    assert.equal((await ask(port, { path: '/known' })).status, 200);
  });

  it('a limit of concurrency gives back what clients held that have left, and counts a tunnel until its end', async (t) => {
    const { port, endpoint, held } = await run(t, '[{ pool: web, concurrency: 2 }]');
    for (const request of await hold(port, endpoint, 2)) request.destroy();
    await until(
      () => held() === 0,
      () => `${held()} are held`,
    );
    const tunnel = net.connect({ host: '127.0.0.1', port });
    tunnel.on('error', () => {});
    tunnel.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await once(tunnel, 'data');
    assert.equal(held(), 1);
    tunnel.destroy();
    await until(
      () => held() === 0,
      () => `${held()} are held`,
    );
  });

  it('a limit of concurrency forgets what a thread held that is gone', async (t) => {
    const { port, endpoint, held, balancer, changes } = await run(t, '[{ pool: web, concurrency: 100 }]', 2);
    await hold(port, endpoint, 12);
    assert.equal(held(), 12);
    balancer.workers?.serving[0].breakDown('exit');
    await until(
      () => changes.some(({ change }) => change === 'died') && held() < 12,
      () => `${held()} are held`,
    );
    for (const response of endpoint.held) response.end('done');
    await until(
      () => held() === 0,
      () => `${held()} are held`,
    );
  });

  it('a limit of concurrency keeps its counts over a reload that changes how many', async (t) => {
    const { port, endpoint, held, balancer, config } = await run(t, '[{ name: a, pool: web, concurrency: 1 }]');
    await hold(port, endpoint, 1);
    await balancer.reload(configOf(config('[{ name: a, pool: web, concurrency: 2 }]')));
    assert.equal(held(), 1);
    await hold(port, endpoint, 1);
    assert.equal((await ask(port)).status, 429);
    await balancer.reload(configOf(config('[{ name: a, pool: web, concurrency: { max: 2, keys: 64 } }]')));
    assert.equal(held(), 0, 'another table');
    for (const response of endpoint.held) response.end('done');
    assert.equal((await ask(port)).status, 200);
  });

  it('a limit of concurrency lets pass uncounted what it has no room for', async (t) => {
    const { port, endpoint, balancer } = await run(t, '[{ pool: web, concurrency: { max: 1, keys: 8 } }]');
    for (let client = 1; client <= 9; client++) await hold(port, endpoint, 1, `10.0.0.${client}`);
    const [{ held, untracked, refused }] = balancer.stats().concurrency;
    assert.deepEqual([held, untracked, refused], [8, 1, 0]);
  });
});
