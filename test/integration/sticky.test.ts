/** Clients stay with their endpoint by a cookie, at the socket. With one thread and with four. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Balancer } from '../../src/runtime/balancer.ts';
import { CookieClient } from '../support/cookie-jar.ts';
import type { CookieAnswer } from '../support/cookie-jar.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const COUNT = 4;

/** Ports of endpoints that answer with their number, and the cookies they were sent. */
async function startEndpoints(t: TestContext): Promise<readonly number[]> {
  return Promise.all(
    Array.from({ length: COUNT }, (_, index) =>
      startHttpServer(t, ({ url = '', headers }, response) => {
        response.setHeader('x-cookie', headers.cookie ?? 'none');
        if (url.startsWith('/control/')) response.setHeader('cache-control', decodeURIComponent(url.slice(9)));
        response.statusCode = url === '/503' ? 503 : 200;
        response.end(String(index));
      }),
    ),
  );
}

interface Started {
  readonly balancer: Balancer;
  readonly port: number;
  readonly ports: readonly number[];
  readonly textOf: (pool: string) => string;
}

async function start(t: TestContext, threads: number, pool: string, rest = ''): Promise<Started> {
  const ports = await startEndpoints(t);
  const endpoints = ports.map((port) => `"127.0.0.1:${port}"`).join(', ');
  const textOf = (written: string): string =>
    `{ threads: ${threads}, listeners: { web: "127.0.0.1:0" }, ${rest} pools: { web: { endpoints: [${endpoints}], ${written} } } }`;
  const { balancer, port } = await runBalancer(textOf(pool));
  t.after(() => balancer.close({ force: true }));
  return { balancer, port, ports, textOf };
}

async function bodies(client: CookieClient, count: number): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  for (let request = 0; request < count; request++) all.add((await client.get()).body);
  return all;
}

const hits = (balancer: Balancer): readonly number[] =>
  balancer.stats().pools[0].endpoints.map(({ stickyHits }) => stickyHits);
const moves = (balancer: Balancer): readonly number[] =>
  balancer.stats().pools[0].endpoints.map(({ stickyMoves }) => stickyMoves);

for (const threads of [1, 4]) {
  const over = threads === 1 ? 'one thread' : `${threads} threads`;

  test(`a client stays with the endpoint of its cookie, whatever policy of its pool or its route picked that, over ${over}`, async (t) => {
    const policies = ['round-robin', 'least-connections', 'peak-ewma', '{ hash: path }'];
    const routes = policies.map((policy, at) => `{ match: { path: /${at}/* }, pool: web, policy: ${policy} }`);
    const { port, balancer } = await start(
      t,
      threads,
      'sticky: cookie',
      `routes: [${routes.join(', ')}, { pool: web }],`,
    );
    const homes = new Set<string>();
    for (let index = 0; index < 15; index++) {
      const client = new CookieClient(t, port);
      const first = await client.get(`/${index % 5}/${index}`);
      assert.match(String(first.cookies), /^fairlead=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
      assert.equal(first.headers['cache-control'], 'private');
      const second = await client.get(`/${(index + 1) % 5}/other`, { connection: 'close' });
      assert.deepEqual([second.body, second.cookies], [first.body, []]);
      assert.equal(second.headers['cache-control'], undefined);
      assert.equal(second.headers['x-cookie'], 'none', 'the endpoint does not see it');
      homes.add(first.body);
    }
    assert.ok(homes.size > 1, 'clients without a cookie are balanced');
    const sum = hits(balancer).reduce((all, each) => all + each);
    assert.equal(sum, 15);
  });

  test(`a client of an endpoint that drains is served there, over ${over}, and of one in maintenance elsewhere, with another cookie`, async (t) => {
    const { port, balancer, ports } = await start(t, threads, 'sticky: cookie');
    const client = new CookieClient(t, port);
    const home = (await client.get()).body;
    const endpoint = `127.0.0.1:${ports[Number(home)]}`;
    balancer.setStanding('web', endpoint, 'drain', 'test');
    assert.deepEqual([...(await bodies(client, 8))], [home]);
    const strangers = await Promise.all(Array.from({ length: 16 }, () => new CookieClient(t, port).get()));
    assert.ok(strangers.every(({ body }) => body !== home));
    balancer.setStanding('web', endpoint, 'maintenance', 'test');
    const moved = await client.get();
    assert.notEqual(moved.body, home);
    assert.equal(moved.cookies.length, 1);
    assert.deepEqual([...(await bodies(client, 8))], [moved.body]);
    assert.equal(moves(balancer)[Number(home)], 1);
  });

  test(`a client of an endpoint that has left the config gets another cookie, over ${over}; all others keep theirs`, async (t) => {
    const { port, balancer, ports } = await start(t, threads, 'sticky: cookie');
    const clients = Array.from({ length: 12 }, () => new CookieClient(t, port));
    const homes = await Promise.all(clients.map(async (client) => (await client.get()).body));
    const left = ports.filter((_, index) => String(index) !== homes[0]).map((each) => `"127.0.0.1:${each}"`);
    const text = `{ threads: ${threads}, listeners: { web: "127.0.0.1:${port}" }, pools: { web: { endpoints: [${left.join(', ')}], sticky: cookie } } }`;
    await balancer.reload(configOf(text));
    for (const [index, client] of clients.entries()) {
      const answer = await client.get();
      if (homes[index] !== homes[0]) assert.deepEqual([answer.body, answer.cookies.length], [homes[index], 0]);
      else assert.ok(answer.body !== homes[0] && answer.cookies.length === 1);
      assert.deepEqual([...(await bodies(client, 3))], [answer.body]);
    }
  });
}

test('a cookie that nobody has made costs nothing but another one, and other cookies pass', async (t) => {
  const { port } = await start(t, 1, 'sticky: { cookie: server }');
  const forged = ['', 'x', 'A'.repeat(43), '"', '127.0.0.1', 'é'.repeat(43), 'A'.repeat(4000), '__proto__'];
  for (const value of forged) {
    const client = new CookieClient(t, port);
    const answer = await client.get('/', { cookie: `a=1; server=${value}; b=2` });
    assert.equal(answer.headers['x-cookie'], 'a=1; b=2');
    assert.match(String(answer.cookies), /^server=[\w-]{43};/);
  }
  const client = new CookieClient(t, port);
  const { body } = await client.get();
  for (const stale of ['server=old; ', `server=${'B'.repeat(43)}; server=; `]) {
    const answer = await client.get('/', { cookie: `${stale}${client.header}` });
    assert.deepEqual([answer.body, answer.cookies], [body, []]);
  }
});

test('the cookie has the attributes of the config, and Secure where its client came by https', async (t) => {
  const attributes = 'cookie: c, path: /app, domain: example.com, sameSite: strict, secure: on, ttl: 2h';
  const all = await start(t, 1, `sticky: { ${attributes} }`);
  assert.match(
    String((await new CookieClient(t, all.port).get()).cookies),
    /^c=[\w-]{43}\.[0-9a-z]+; Path=\/app; Domain=example.com; Max-Age=7200; HttpOnly; Secure; SameSite=Strict$/,
  );
  const isSecure = async ({ port }: Started, proto: string): Promise<boolean> =>
    String((await new CookieClient(t, port).get('/', { 'x-forwarded-proto': proto })).cookies).includes(' Secure;');
  const trusting = await start(t, 1, 'sticky: cookie', 'trustedProxies: [127.0.0.1],');
  assert.deepEqual([await isSecure(trusting, 'https'), await isSecure(trusting, 'http')], [true, false]);
  assert.ok(await isSecure(trusting, 'https, http'));
  assert.ok(!(await isSecure(await start(t, 1, 'sticky: cookie'), 'https')), 'a stranger may say what it likes');
  assert.ok(await isSecure(await start(t, 1, 'sticky: { sameSite: none }'), 'http'));
});

test('a cookie with a time is issued anew when a tenth of it has passed, and its endpoint stays', async (t) => {
  const { port } = await start(t, 1, 'sticky: { ttl: 100s }');
  const client = new CookieClient(t, port);
  const { body } = await client.get();
  const [value] = (client.jar.get('fairlead') ?? '').split('.');
  const issued = (secondsAgo: number): Promise<CookieAnswer> => {
    const second = Math.floor(Date.now() / 1000) - secondsAgo;
    return client.get('/', { cookie: `fairlead=${value}.${second.toString(36)}` });
  };
  const [fresh, old, unknown] = [
    await issued(1),
    await issued(12),
    await client.get('/', { cookie: `fairlead=${value}` }),
  ];
  assert.deepEqual(
    [fresh, old, unknown].map((each) => each.body),
    [body, body, body],
  );
  assert.deepEqual(
    [fresh, old, unknown].map(({ cookies }) => cookies.length),
    [0, 1, 1],
  );
  assert.match(String(old.cookies), /; Max-Age=100;/);
});

test('cookies hold over a restart and over another process where their secret is in a file, else not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const secretFile = join(folder, 'sticky.key');
  writeFileSync(secretFile, 'sixteen bytes or more');
  for (const [sticky, isKept] of [
    [`{ secretFile: "${secretFile}" }`, true],
    ['cookie', false],
  ] as const) {
    const first = await start(t, 1, `sticky: ${sticky}`);
    const clients = Array.from({ length: 6 }, () => new CookieClient(t, first.port));
    const homes = await Promise.all(clients.map(async (client) => (await client.get()).body));
    const again = await runBalancer(first.textOf(`sticky: ${sticky}`));
    t.after(() => again.balancer.close({ force: true }));
    for (const [index, client] of clients.entries()) {
      const other = new CookieClient(t, again.port);
      const answer = await other.get('/', { cookie: client.header });
      assert.equal(answer.cookies.length, isKept ? 0 : 1);
      if (isKept) assert.equal(answer.body, homes[index]);
    }
    await first.balancer.reload(
      configOf(first.textOf(`policy: random, sticky: ${sticky}`).replace(':0', `:${first.port}`)),
    );
    for (const [index, client] of clients.entries()) assert.equal((await client.get()).body, homes[index]);
  }
  writeFileSync(secretFile, 'short');
  await assert.rejects(
    runBalancer(`{ pools: { web: { endpoints: ["127.0.0.1:1"], sticky: { secretFile: "${secretFile}" } } } }`),
    {
      code: 'FL_STICKY_SECRET',
    },
  );
});

test('no cookie comes with an answer that counts as a failure, nor with one of Fairlead, nor from a pool that is not sticky', async (t) => {
  const rest =
    'routes: [{ match: { path: /none }, pool: gone }, { match: { path: /big }, pool: web, maxBody: 1B }, { pool: web }],';
  const { port, textOf, balancer } = await start(
    t,
    1,
    'ejection: { failures: 900 }, sticky: cookie }, gone: { endpoints: ["127.0.0.1:9"], queue: off, sticky: cookie',
    rest,
  );
  const answers = [await new CookieClient(t, port).get('/503'), await new CookieClient(t, port).get('/none')];
  assert.deepEqual(
    answers.map(({ status, cookies }) => [status, cookies]),
    [
      [503, []],
      [502, []],
    ],
  );
  const client = new CookieClient(t, port);
  await client.get();
  await balancer.reload(
    configOf(textOf('sticky: off }, gone: { endpoints: ["127.0.0.1:9"]').replace(':0', `:${port}`)),
  );
  const answer = await client.get();
  assert.deepEqual([answer.cookies, answer.headers['x-cookie']], [[], client.header]);
});

test('a shared cache is told to keep off what sets a cookie, whatever the endpoint says of caching', async (t) => {
  const { port } = await start(t, 1, 'sticky: cookie');
  const controlOf = async (control: string): Promise<string | undefined> =>
    (await new CookieClient(t, port).get(`/control/${encodeURIComponent(control)}`)).headers['cache-control'];
  assert.equal(await controlOf('public, max-age=60'), 'public, max-age=60, private');
  assert.equal(await controlOf('max-age=60,private'), 'max-age=60,private');
  assert.equal(await controlOf('no-store'), 'no-store');
  assert.equal(await controlOf('no-store-at-all'), 'no-store-at-all, private');
});

test('an upgrade is bound by its cookie as well, and sets one', async (t) => {
  const sockets: { readonly index: number }[] = [];
  const ports = await Promise.all(
    Array.from({ length: COUNT }, async (_, index) => {
      const server = http.createServer();
      server.on('upgrade', (_request, socket) => {
        sockets.push({ index });
        socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(() => server.close());
      return (server.address() as { port: number }).port;
    }),
  );
  const endpoints = ports.map((port) => `"127.0.0.1:${port}"`).join(', ');
  const { balancer, port } = await runBalancer(
    `{ threads: 1, listeners: { web: "127.0.0.1:0" }, pools: { web: { endpoints: [${endpoints}], sticky: cookie } } }`,
  );
  t.after(() => balancer.close({ force: true }));
  const upgrade = (cookie?: string): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', ...(cookie === undefined ? {} : { cookie }) };
      const request = http.get({ host: '127.0.0.1', port, headers, agent: false });
      request.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response.headers['set-cookie'] ?? []);
      });
      request.on('error', reject);
    });
  const [cookie] = await upgrade();
  assert.match(cookie, /^fairlead=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  for (let request = 0; request < 6; request++) assert.deepEqual(await upgrade(cookie.split(';', 1)[0]), []);
  await until(() => sockets.length === 7, 'all have come');
  assert.equal(new Set(sockets.map(({ index }) => index)).size, 1);
});

test('a client of an endpoint that drains is served while all others wait for somebody to be there', async (t) => {
  const port = await startHttpServer(t, (_request, response) => response.end('here'));
  const gone = http.createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port: deadPort } = gone.address() as AddressInfo;
  gone.close();
  const { balancer, port: web } = await runBalancer(
    `{ threads: 1, listeners: { web: "127.0.0.1:0" }, pools: { web: { sticky: cookie, endpoints: ["127.0.0.1:${port}", "127.0.0.1:${deadPort}"] } } }`,
  );
  t.after(() => balancer.close({ force: true }));
  const client = new CookieClient(t, web);
  assert.equal((await client.get()).body, 'here');
  balancer.setStanding('web', `127.0.0.1:${port}`, 'drain', 'test');
  const held = new CookieClient(t, web).get().catch(() => null);
  await until(() => balancer.stats().routes[0].held === 1, 'one waits');
  assert.equal((await client.get()).body, 'here');
  assert.equal(balancer.stats().routes[0].held, 1);
  balancer.setStanding('web', `127.0.0.1:${port}`, 'ready', 'test');
  assert.equal((await held)?.body, 'here');
});
