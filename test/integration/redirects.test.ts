/** What a route answers that redirects. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it, test } from 'node:test';
import { COUNTER_ATTEMPTS } from '../../src/core/shared/pool-table.ts';
import { ROUTE_FAULTS } from '../../src/core/shared/route-table.ts';
import type { RedirectSpec } from '../../src/core/snapshot.ts';
import { exchange, runLogged } from '../support/access-log.ts';
import { runAcme } from '../support/acme-balancer.ts';
import type { TestPlaneOptions } from '../support/data-plane.ts';
import { startHttpServer } from '../support/http-server.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { openTls } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const HTTPS: RedirectSpec = { status: 308, base: null, port: 443, keepsTarget: true };

/** One route that redirects, to the same by https unless `redirect` says otherwise. */
function redirecting(redirect: Partial<RedirectSpec> = {}): Pick<TestPlaneOptions, 'routes'> {
  return { routes: [{ pool: '', redirect: { ...HTTPS, ...redirect } }] };
}

const never = answering(() => ok('from the endpoint'));

/** `[what asks, where it is sent]` */
const PLACES: readonly (readonly [string, string])[] = [
  [
    'GET /a/../%7e//b?x=%0d%0a&y=" HTTP/1.1\r\nHost: Shop.Example:8080\r\n\r\n',
    'https://shop.example/a/../%7e//b?x=%0d%0a&y="',
  ],
  ['GET // HTTP/1.1\r\nHost: shop.example.\r\n\r\n', 'https://shop.example//'],
  ['GET //evil.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n', 'https://shop.example//evil.example/'],
  ['GET http://shop.example:80/x?y HTTP/1.1\r\nHost: shop.example:80\r\n\r\n', 'https://shop.example/x?y'],
  ['GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n', 'https://[2001:db8::1]/'],
  ['OPTIONS * HTTP/1.1\r\nHost: shop.example\r\n\r\n', 'https://shop.example'],
  ['GET /x HTTP/1.0\r\nHost: shop.example\r\nConnection: keep-alive\r\n\r\n', 'https://shop.example/x'],
];

proxied(
  'redirect: https sends a client to the host and target that it asked for, as they came, and the connection goes on',
  redirecting(),
  never,
  async ({ client, plane }) => {
    const peer = await client();
    for (const [request, place] of PLACES) {
      await peer.send(request);
      const { status, head } = await readResponse(peer);
      assert.equal(status, 308);
      assert.equal(/\r\nLocation: ([^\r\n]*)\r\n/.exec(head)?.[1], place);
      assert.doesNotMatch(head, /fairlead|Via|Cache-Control/i);
    }
    assert.equal(plane.table.total(0, COUNTER_ATTEMPTS), 0);
    assert.equal(plane.routes.total(1, ROUTE_FAULTS), 0);
  },
);

proxied(
  'a redirect has no body, the status and port that are configured, and none for now is kept by a cache',
  redirecting({ status: 302, port: 8443 }),
  never,
  async ({ client }) => {
    const peer = await client();
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      await peer.send(`${method} / HTTP/1.1\r\nHost: a:80\r\n\r\n`);
      const { head } = await readResponse(peer, true);
      assert.match(head, /^HTTP\/1\.1 302 Found\r\nLocation: https:\/\/a:8443\/\r\nCache-Control: no-cache\r\n/);
      assert.match(head, /\r\nContent-Length: 0\r\nDate: [^\r]+\r\n\r\n$/);
    }
  },
);

proxied(
  'a redirect to a URL has what was written, and the target behind it where that was asked for',
  {
    routes: [
      {
        match: { path: { kind: 'exact', path: '/here' } },
        pool: '',
        redirect: { ...HTTPS, base: '/there', keepsTarget: false },
      },
      { pool: '', redirect: { ...HTTPS, base: 'https://new.example/old', status: 301 } },
    ],
  },
  never,
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/here?x'));
    assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 308 Permanent Redirect\r\nLocation: \/there\r\n/);
    await peer.send(get('//a?b'));
    assert.match(
      (await readResponse(peer)).head,
      /^HTTP\/1\.1 301 Moved Permanently\r\nLocation: https:\/\/new\.example\/old\/\/a\?b\r\n/,
    );
    // A URL that is written out needs no host to lead to.
    await peer.send('GET /x HTTP/1.0\r\n\r\n');
    assert.match((await readResponse(peer)).head, /Location: https:\/\/new\.example\/old\/x\r\n/);
  },
);

for (const host of ['', 'Host: a"b\r\n', 'Host: a b\r\n', 'Host: a/b\r\n', 'Host: a@b\r\n', 'Host: a%0d%0ab\r\n']) {
  proxied(
    `redirect: https answers 400 bad-host to HTTP/1.0 with ${JSON.stringify(host)}`,
    redirecting(),
    never,
    async ({ client }) => {
      const peer = await client();
      await peer.send(`GET / HTTP/1.0\r\n${host}\r\n`);
      const { head, status } = await readResponse(peer);
      assert.equal(status, 400);
      assert.match(head, /\r\nFairlead-Error: bad-host\r\n/);
      assert.doesNotMatch(head, /Location/);
    },
  );
}

/** Requests whose bodies are still to come. */
const BEFORE_BODY = [
  'POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n',
  'POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
  'POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
];

proxied(
  'a redirect comes before the body has been read, and ends the connection',
  redirecting(),
  never,
  async (proxy) => {
    for (const head of BEFORE_BODY) {
      const peer = await proxy.client();
      await peer.send(head);
      const answer = await readResponse(peer);
      assert.match(answer.head, /^HTTP\/1\.1 308 [^]*\r\nLocation: https:\/\/a\/form\r\n[^]*Connection: close\r\n/);
      peer.end();
      assert.equal(await peer.readAll(), '');
    }
  },
);

proxied('a request to upgrade is redirected like any other', redirecting(), never, async ({ client }) => {
  const peer = await client();
  await peer.send(get('/live', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n'));
  assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 308 [^]*Location: https:\/\/a\/live\r\n/);
});

proxied(
  'a route for http takes no request that came by https to a trusted proxy, and is tried before routes for a host',
  {
    trustedProxies: ['127.0.0.1'],
    routes: [
      { match: { scheme: 'http' }, pool: '', redirect: HTTPS },
      { match: { host: 'a', path: { kind: 'exact', path: '/x' } } },
    ],
  },
  answering(() => ok('served')),
  async ({ client }) => {
    const peer = await client();
    for (const [proto, status] of [
      ['', 308],
      ['X-Forwarded-Proto: https\r\n', 200],
      ['X-Forwarded-Proto: http\r\n', 308],
      ['X-Forwarded-Proto: HTTPS, http\r\n', 200],
    ] as const) {
      await peer.send(get('/x', proto));
      assert.equal((await readResponse(peer)).status, status, proto);
    }
  },
);

proxied(
  'what a stranger says of https does not keep it from being redirected',
  { routes: [{ match: { scheme: 'http' }, pool: '', redirect: HTTPS }, {}] },
  answering(() => ok('served')),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/', 'X-Forwarded-Proto: https\r\n'));
    assert.equal((await readResponse(peer)).status, 308);
  },
);

describe('a site with a plain and a TLS listener', () => {
  const SITE = 'routes: [{ redirect: https }, { match: { host: a.example }, pool: web }, { pool: web }]';
  const TOKEN = 'DGyRejmCefe7v4NfDGDKfA';
  const PATH = `/.well-known/acme-challenge/${TOKEN}`;

  it('redirect: https sends what comes by the plain listener to the other one, where it is served', async (t) => {
    const { plain, secure } = await runAcme(t, 1, '', SITE);
    assert.match(await ask(plain, '/x', 'a.example'), /^HTTP\/1\.1 308 [^]*Location: https:\/\/a\.example\/x\r\n/);
    const socket = await openTls(secure, { servername: 'a.example' });
    socket.setEncoding('latin1');
    socket.write('GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket as AsyncIterable<string>) text += chunk;
    assert.match(text, /^HTTP\/1\.1 200 [^]*routed GET$/);
  });

  it('redirect: https leaves an authority that looks whether a name leads here alone', async (t) => {
    const { plain, balancer } = await runAcme(t, 1, '', SITE);
    assert.match(await ask(plain, PATH, 'a.example'), /^HTTP\/1\.1 308 /);
    await balancer.workers?.challenge({ tokens: new Map([[TOKEN, 'thumbprint']]), certificates: new Map() });
    assert.match(await ask(plain, PATH, 'a.example'), /^HTTP\/1\.1 200 [^]*\r\n\r\nthumbprint$/);
    assert.match(await ask(plain, '/', 'a.example'), /^HTTP\/1\.1 308 /);
  });
});

test('a reload that makes a redirect of a route to a pool holds for connections that are open, and so does the way back', async (t) => {
  const endpoint = await startHttpServer(t, (_request, response) => response.end('served'));
  const config = (routes: string): string =>
    `threads: 1\nlisteners: { web: "127.0.0.1:0" }\nroutes: ${routes}\npools: { web: ["127.0.0.1:${endpoint}"] }`;
  const { balancer, port } = await runBalancer(config('[{ name: all, pool: web }]'));
  t.after(() => balancer.close({ force: true }));
  const socket = net.connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  socket.setEncoding('latin1');
  // It is reset when the balancer is closed.
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  for (const [routes, status] of [
    ['[{ name: all, pool: web }]', 200],
    ['[{ name: all, redirect: { to: https, status: 307 } }]', 307],
    ['[{ name: all, redirect: { to: "https://new.example{target}" } }]', 308],
    ['[{ name: all, pool: web }]', 200],
  ] as const) {
    await balancer.reload(configOf(config(routes)));
    text = '';
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(
      () => new RegExp(`^HTTP/1\\.1 ${status} `).test(text),
      () => `${status}: ${text}`,
    );
    await until(
      () => text.includes('\r\n\r\n'),
      () => text,
    );
  }
});

test('a redirect is logged with its route and the reason redirect, as the failure of nobody, and counted for its route alone', async (t) => {
  const { port, lines, balancer } = await runLogged(t, {
    routes: '[{ name: old, match: { path: /old/* }, redirect: { to: /new, status: 301 } }, { name: web, pool: web }]',
  });
  await ask(port, '/old/x');
  await ask(port, '/ok');
  const [line] = await lines(2);
  assert.deepEqual(
    [line['level'], line['status'], line['route'], line['reason'], line['pool']],
    [30, 301, 'old', 'redirect', undefined],
  );
  const counted = balancer.stats().routes.map(({ route, requests, faults }) => [route, requests, faults]);
  assert.deepEqual(counted, [
    ['old', 1, 0],
    ['web', 1, 0],
  ]);
  assert.deepEqual(
    balancer.stats().pools.flatMap(({ endpoints }) => endpoints.map(({ attempts }) => attempts)),
    [1],
  );
});

function ask(port: number, path: string, host = 'test'): Promise<string> {
  return exchange(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
}
