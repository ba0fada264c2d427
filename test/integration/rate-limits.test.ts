/** What clients and operators see of limits of rate. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { runLogged } from '../support/access-log.ts';
import { ask, runLimited, statusesOf } from '../support/limited.ts';
import { configOf } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

describe('a limit of rate', () => {
  for (const threads of [1, 4]) {
    it(`a limit of rate lets exactly its burst pass over ${threads} threads, and refuses the others with 429`, async (t) => {
      const { port, balancer } = await runLimited(t, '[{ name: a, pool: web, rateLimit: { rate: 1/h, burst: 40 } }]', {
        threads,
      });
      const statuses: Record<number, number> = {};
      for (let round = 0; round < 4; round++) {
        const counts = await statusesOf(port, 25);
        for (const [status, count] of Object.entries(counts))
          statuses[Number(status)] = (statuses[Number(status)] ?? 0) + count;
      }
      assert.deepEqual(statuses, { 200: 40, 429: 60 });
      const [figures] = balancer.stats().limits;
      assert.deepEqual(figures, {
        limit: '1',
        route: 'a',
        keys: 65_536,
        admitted: 40,
        refused: 60,
        waited: 0,
        wouldLimit: 0,
        inserts: 1,
        evictedLive: 0,
      });
      assert.equal(balancer.stats().routes[0].faults, 60);
    });
  }

  it('a limit of rate says with its 429 when to come again, and what the limit is', async (t) => {
    const { port } = await runLimited(t, '[{ pool: web, rateLimit: { name: few, rate: 100/h, burst: 2 } }]');
    const answers = [await ask(port), await ask(port), await ask(port)];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 429],
    );
    assert.equal(answers[0].headers['ratelimit'], undefined);
    const { headers, body } = answers[2];
    assert.equal(headers['retry-after'], '36');
    assert.equal(headers['fairlead-error'], 'rate-limited');
    assert.equal(headers['ratelimit-policy'], '"few";q=2;w=72');
    assert.equal(headers['ratelimit'], '"few";r=0;t=72');
    assert.equal(headers['x-ratelimit-limit'], undefined);
    assert.match(body, /^429 Too Many Requests\nToo many requests: try again later\.\nrate-limited /);
  });

  it('a limit of rate is told with every answer, with none, or in older headers as well', async (t) => {
    const { port } = await runLimited(
      t,
      `[{ match: { path: /always/* }, pool: web, rateLimit: { rate: 1/m, burst: 3, headers: always, legacyHeaders: on } },
        { match: { path: /off/* }, pool: web, rateLimit: { rate: 1/m, burst: 1, headers: off } }]`,
    );
    const first = await ask(port, { path: '/always/' });
    assert.equal(first.headers['ratelimit-policy'], '"1";q=3;w=180');
    assert.equal(first.headers['ratelimit'], '"1";r=2;t=60');
    assert.deepEqual(
      ['limit', 'remaining', 'reset'].map((name) => first.headers[`x-ratelimit-${name}`]),
      ['3', '2', '60'],
    );
    assert.equal((await ask(port, { path: '/always/' })).headers['ratelimit'], '"1";r=1;t=120');
    await ask(port, { path: '/off/' });
    const refused = await ask(port, { path: '/off/' });
    assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '60']);
    assert.equal(refused.headers['ratelimit-policy'], undefined);
  });

  it('a limit of rate counts by its key: the client, a header, or both, and not whom it does not know', async (t) => {
    const { port } = await runLimited(
      t,
      `[{ match: { path: /client/* }, pool: web, rateLimit: { rate: 1/h, burst: 1 } },
        { match: { path: /net/* }, pool: web, rateLimit: { rate: 1/h, burst: 1, key: client/24 } },
        { match: { path: /key/* }, pool: web, rateLimit: { rate: 1/h, burst: 1, key: header.x-api-key } },
        { match: { path: /known/* }, pool: web, rateLimit: { rate: 1/h, burst: 1, key: header.x-api-key, missing: client } },
        { match: { path: /both/* }, pool: web, rateLimit: { rate: 1/h, burst: 1, key: [client, header.x-api-key] } }]`,
    );
    const statusOf = async (path: string, client: string, key = ''): Promise<number> =>
      (await ask(port, { path, client, headers: key === '' ? {} : { 'x-api-key': key } })).status;
    assert.equal(await statusOf('/client/', '10.0.0.1'), 200);
    assert.equal(await statusOf('/client/', '10.0.0.1'), 429);
    assert.equal(await statusOf('/client/', '10.0.0.2'), 200);
    assert.equal(await statusOf('/client/', '2001:db8::1'), 200);
    assert.equal(await statusOf('/client/', '2001:db8::2'), 429);
    assert.equal(await statusOf('/net/', '10.0.0.1'), 200);
    assert.equal(await statusOf('/net/', '10.0.0.2'), 429);
    assert.equal(await statusOf('/key/', '10.0.0.1', 'a'), 200);
    assert.equal(await statusOf('/key/', '10.0.0.2', 'a'), 429);
    assert.equal(await statusOf('/key/', '10.0.0.1', 'b'), 200);
    for (let request = 0; request < 3; request++) assert.equal(await statusOf('/key/', '10.0.0.1'), 200);
    assert.equal(await statusOf('/known/', '10.0.0.1'), 200);
    assert.equal(await statusOf('/known/', '10.0.0.1'), 429);
    assert.equal(await statusOf('/known/', '10.0.0.1', 'a'), 200);
    assert.equal(await statusOf('/both/', '10.0.0.1', 'a'), 200);
    assert.equal(await statusOf('/both/', '10.0.0.2', 'a'), 200);
    assert.equal(await statusOf('/both/', '10.0.0.1', 'a'), 429);
  });

  it('a limit of rate counts one client on one connection, however it asks', async (t) => {
    const { port } = await runLimited(t, '[{ pool: web, rateLimit: { rate: 1/h, burst: 3 } }]');
    const socket = net.connect({ host: '127.0.0.1', port });
    t.after(() => socket.destroy());
    let text = '';
    socket
      .setEncoding('latin1')
      .on('data', (chunk: string) => (text += chunk))
      .on('error', () => {});
    socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2) + 'GET /b?c HTTP/1.1\r\nHost: b\r\n\r\n'.repeat(3));
    await until(
      () => (text.match(/HTTP\/1\.1 \d+/g) ?? []).length === 5,
      () => text,
    );
    assert.deepEqual(
      [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
      ['200', '200', '200', '429', '429'],
    );
  });

  it('a limit of rate lets requests that come too early wait for their time', async (t) => {
    const { port, balancer } = await runLimited(t, '[{ pool: web, rateLimit: { rate: 10/s, burst: 1, wait: 30s } }]');
    const begun = performance.now();
    const asked = Array.from({ length: 3 }, async () => {
      const { status } = await ask(port);
      return { status, ms: performance.now() - begun };
    });
    const answers = (await Promise.all(asked)).toSorted((a, b) => a.ms - b.ms);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.ok(answers[1].ms >= 95 && answers[2].ms >= 195, `at ${answers.map(({ ms }) => ms).join(', ')} ms`);
    assert.equal(balancer.stats().limits[0].admitted, 3);
  });

  it('a limit of rate refuses who would wait too long, and gives nothing back for a client that leaves meanwhile', async (t) => {
    const { port, balancer } = await runLimited(t, '[{ pool: web, rateLimit: { rate: 1/m, burst: 1, wait: 100s } }]');
    await ask(port);
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(
      () => balancer.stats().limits[0].waited === 1,
      () => 'it waits',
    );
    socket.destroy();
    await once(socket, 'close');
    await until(
      () => balancer.stats().workers.exchanges === 0,
      () => 'nobody waits',
    );
    assert.equal((await ask(port)).headers['retry-after'], '20');
  });

  it('a limit of rate takes as much for a request as it costs', async (t) => {
    const { port } = await runLimited(t, '[{ pool: web, rateLimit: { rate: 1/h, burst: 10, cost: 4 } }]');
    assert.deepEqual(await statusesOf(port, 5), { 200: 2, 429: 3 });
  });

  it('a limit of rate that has one of several refuse a request takes nothing of the others', async (t) => {
    const { port, balancer } = await runLimited(
      t,
      `[{ pool: web, rateLimit: [{ name: all, rate: 1/h, burst: 5, key: route }, { name: each, rate: 1/h, burst: 2 }] }]`,
    );
    assert.deepEqual(await statusesOf(port, 6, { client: '10.0.0.1' }), { 200: 2, 429: 4 });
    assert.deepEqual(await statusesOf(port, 6, { client: '10.0.0.2' }), { 200: 2, 429: 4 });
    const last = await ask(port, { client: '10.0.0.3' });
    assert.equal(last.status, 200);
    const { headers } = await ask(port, { client: '10.0.0.3' });
    assert.equal(headers['ratelimit-policy'], '"all";q=5;w=18000, "each";q=2;w=7200');
    assert.match(String(headers['ratelimit']), /^"all";r=0;t=\d+, "each";r=1;t=3600$/);
    assert.deepEqual(
      balancer.stats().limits.map(({ limit, admitted, refused }) => [limit, admitted, refused]),
      [
        ['all', 5, 1],
        ['each', 5, 8],
      ],
    );
  });

  it('a limit of rate on trial refuses nobody, and counts and logs whom it would', async (t) => {
    const run = await runLogged(t, {
      routes: '[{ name: web, pool: web, rateLimit: { rate: 1/h, burst: 1, dryRun: on } }]',
    });
    for (let request = 0; request < 3; request++) assert.equal((await ask(run.port)).status, 200);
    const lines = await run.lines(3);
    assert.deepEqual(
      lines.map(({ reason, level }) => [reason, level]),
      [
        [lines[0]['reason'], lines[0]['level']],
        ['would-limit', lines[0]['level']],
        ['would-limit', lines[0]['level']],
      ],
    );
    assert.notEqual(lines[0]['reason'], 'would-limit');
    const [{ admitted, wouldLimit, refused }] = run.balancer.stats().limits;
    assert.deepEqual([admitted, wouldLimit, refused], [1, 2, 0]);
  });

  it('a limit of rate is logged as what refused a request', async (t) => {
    const run = await runLogged(t, { routes: '[{ name: web, pool: web, rateLimit: { rate: 1/h, burst: 1 } }]' });
    for (let request = 0; request < 2; request++) await ask(run.port);
    const lines = await run.lines(2);
    assert.deepEqual([lines[1]['status'], lines[1]['reason']], [429, 'rate-limited']);
  });

  it('a limit of rate with a name is one for all routes that name it', async (t) => {
    const { port, balancer } = await runLimited(
      t,
      `[{ match: { path: /a/* }, pool: web, rateLimit: login }, { match: { path: /b/* }, pool: web, rateLimit: [login] },
        { match: { path: /c/* }, redirect: https, rateLimit: login }]`,
      { more: 'rateLimits: { login: { rate: 5/h, burst: 5 } }' },
    );
    assert.deepEqual(await statusesOf(port, 2, { path: '/a/' }), { 200: 2 });
    assert.deepEqual(await statusesOf(port, 2, { path: '/c/' }), { 308: 2 });
    assert.deepEqual(await statusesOf(port, 2, { path: '/b/' }), { 200: 1, 429: 1 });
    const [{ limit, route, admitted }, ...others] = balancer.stats().limits;
    assert.deepEqual([limit, route, admitted, others.length], ['login', null, 5, 0]);
  });

  it('a limit of rate holds under every way to write a path that a server may read as its own', async (t) => {
    const { port } = await runLimited(
      t,
      '[{ match: { path: /login/* }, pool: web, rateLimit: { rate: 1/h, burst: 1 } }, { pool: web }]',
    );
    assert.equal((await ask(port, { path: '/login/x' })).status, 200);
    for (const path of ['//login/x', '/a/../login/x', '/%6Cogin/x', '/login%2Fx', '/login;a/x', '/a/%2e%2e/login/x'])
      assert.equal((await ask(port, { path })).status, 429, path);
  });

  it('a limit of rate keeps what was used up over a reload and over threads that are replaced', async (t) => {
    const routes = '[{ name: a, pool: web, rateLimit: { name: few, rate: 1/h, burst: 3, headers: HEADERS } }]';
    const { port, balancer, config } = await runLimited(t, routes.replace('HEADERS', 'refused'), { threads: 2 });
    assert.deepEqual(await statusesOf(port, 2), { 200: 2 });
    const kept = await balancer.reload(configOf(config(routes.replace('HEADERS', 'off'))));
    assert.equal(kept.summary, '1 route changed');
    await balancer.replaceWorkers();
    assert.deepEqual(await statusesOf(port, 2), { 200: 1, 429: 1 });
    assert.equal(balancer.stats().limits[0].admitted, 3);
  });

  it('a limit of rate begins anew where a reload makes it another one, and the reload says so', async (t) => {
    const routes = '[{ name: a, pool: web, rateLimit: { name: few, rate: 1/h, burst: 1 } }]';
    const { port, balancer, config } = await runLimited(t, routes);
    assert.deepEqual(await statusesOf(port, 2), { 200: 1, 429: 1 });
    const { summary, changes } = await balancer.reload(configOf(config(routes.replace('1/h', '2/h'))));
    assert.equal(summary, '1 route changed, 1 limit reset');
    assert.deepEqual(changes.at(-1), { kind: 'limit-reset', limit: 'a few' });
    assert.deepEqual(await statusesOf(port, 2), { 200: 1, 429: 1 });
    await balancer.reload(configOf(config('[{ name: a, pool: web }]')));
    assert.deepEqual(await statusesOf(port, 3), { 200: 3 });
    assert.deepEqual(balancer.stats().limits, []);
  });

  it('a limit of rate has room for as many keys as it is told, and counts whom it forgets too early', async (t) => {
    const { port, balancer } = await runLimited(t, '[{ pool: web, rateLimit: { rate: 1/h, burst: 1, keys: 8 } }]');
    for (let client = 1; client <= 12; client++) {
      assert.equal((await ask(port, { client: `10.0.0.${client}` })).status, 200);
    }
    const [{ keys, inserts, evictedLive }] = balancer.stats().limits;
    assert.deepEqual([keys, inserts, evictedLive], [8, 12, 4]);
  });
});
