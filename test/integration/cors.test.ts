/** CORS at the socket: what a browser is told, what reaches the endpoint, and what becomes of what the endpoint says itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CorsSpec } from '../../src/core/snapshot.ts';
import { createTestBalancer } from '../../src/testing/testing.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';

const APP = 'https://app.example';
const EVIL = 'https://evil.example';
const cors: CorsSpec = {
  origins: [APP],
  credentials: true,
  methods: ['GET', 'PUT'],
  anyHeader: false,
  headers: ['Content-Type'],
  expose: ['ETag'],
  maxAgeSeconds: 600,
  refuse: false,
  upgrades: 'check',
};
const ALLOWED = `Access-Control-Allow-Origin: ${APP}\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: ETag\r\nVary: Origin\r\n`;

function from(origin: string, more = ''): string {
  return `Origin: ${origin}\r\n${more}`;
}

function preflight(origin: string): string {
  const asked = 'Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type, x-evil\r\n';
  return `OPTIONS / HTTP/1.1\r\nHost: api.example\r\nOrigin: ${origin}\r\n${asked}\r\n`;
}

async function ask(peer: RawPeer, request: string): Promise<{ head: string; body: string; status: number }> {
  await peer.send(request);
  return readResponse(peer);
}

/** The lines about origins, as they came. */
function linesOf(head: string): string {
  return head
    .split('\r\n')
    .filter((line) => /^(?:access-control-|vary:)/i.test(line))
    .map((line) => `${line}\r\n`)
    .join('');
}

/** An endpoint that has opinions of its own about origins. */
const opinionated = answering((head) => {
  const own =
    'access-control-allow-origin: *\r\nAccess-Control-Allow-Private-Network: true\r\nVary: Accept-Encoding\r\nACCESS-CONTROL-EXPOSE-HEADERS: *\r\n';
  if (head.startsWith('GET /304')) return `HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n`;
  return ok(head.split(' ', 1)[0], own);
});

proxied(
  'a preflight is answered by Fairlead and does not reach the endpoint',
  { routes: [{ cors }] },
  opinionated,
  async ({ client, servers }) => {
    const peer = await client();
    const vary = 'Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n';
    const allowed = await ask(peer, preflight(APP));
    assert.equal(allowed.status, 204);
    assert.equal(
      linesOf(allowed.head),
      `Access-Control-Allow-Origin: ${APP}\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: GET, PUT\r\nAccess-Control-Allow-Headers: content-type\r\nAccess-Control-Max-Age: 600\r\n${vary}`,
    );
    const refused = await ask(peer, preflight(EVIL));
    assert.deepEqual([refused.status, linesOf(refused.head)], [204, vary]);
    assert.equal(servers[0].peers.length, 0);
    const plain = await ask(peer, 'OPTIONS / HTTP/1.1\r\nHost: api.example\r\n\r\n');
    assert.deepEqual([plain.status, plain.body], [200, 'OPTIONS']);
    const halfAsked = await ask(peer, `OPTIONS / HTTP/1.1\r\nHost: api.example\r\n${from(APP)}\r\n`);
    assert.equal(halfAsked.body, 'OPTIONS');
  },
);

proxied(
  'answers say which origin may read them, in place of what the endpoint says, each request of a connection by its own origin',
  { routes: [{ cors }] },
  opinionated,
  async ({ client }) => {
    const peer = await client();
    const own = 'Vary: Accept-Encoding\r\n';
    for (const [origin, expected] of [
      [APP, ALLOWED],
      [EVIL, 'Vary: Origin\r\n'],
      ['', 'Vary: Origin\r\n'],
      [APP, ALLOWED],
      [`${APP}\r\nOrigin: ${APP}`, 'Vary: Origin\r\n'],
    ] as const) {
      const { head, status } = await ask(peer, get('/', origin === '' ? '' : from(origin)));
      assert.deepEqual([status, linesOf(head)], [200, own + expected], origin);
    }
    const unchanged = await ask(peer, get('/304', from(APP)));
    assert.deepEqual([unchanged.status, linesOf(unchanged.head)], [304, ALLOWED]);
  },
);

proxied(
  'answers of our own can be read by the same origins: errors, and those of a route that redirects',
  {
    routes: [
      {
        match: { path: { kind: 'prefix', path: '/old' } },
        cors,
        redirect: { status: 308, base: '/new', port: 443, keepsTarget: false },
      },
      { cors },
    ],
    retry: { attempts: 1 },
  },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    peer.reset();
  },
  async ({ client }) => {
    const peer = await client();
    const failed = await ask(peer, get('/', from(APP)));
    assert.deepEqual([failed.status, linesOf(failed.head)], [502, ALLOWED]);
    const redirected = await ask(peer, get('/old', from(APP)));
    assert.deepEqual([redirected.status, linesOf(redirected.head)], [308, ALLOWED]);
    const asked = await ask(peer, preflight(APP).replace(' / ', ' /old '));
    assert.equal(asked.status, 204);
  },
);

proxied(
  'with refuse requests of other origins are 403 origin-denied, but not those of its own host',
  { routes: [{ cors: { ...cors, refuse: true } }] },
  opinionated,
  async ({ client, servers }) => {
    const peer = await client();
    const denied = await ask(peer, get('/', from(EVIL)));
    assert.equal(denied.status, 403);
    assert.match(denied.head, /\r\nFairlead-Error: origin-denied\r\n/);
    assert.equal(linesOf(denied.head), 'Vary: Origin\r\n');
    assert.equal(servers[0].peers.length, 0);
    for (const origin of [APP, 'http://a']) assert.equal((await ask(peer, get('/', from(origin)))).status, 200);
    assert.equal((await ask(peer, get('/'))).status, 200);
  },
);

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

for (const upgrades of ['check', 'pass'] as const) {
  proxied(
    `a WebSocket of another origin is ${upgrades === 'check' ? '403 origin-denied' : 'passed on where the route says so'}`,
    { routes: [{ cors: { ...cors, upgrades } }] },
    async (peer) => {
      await peer.readUntil(END_OF_HEAD);
      await peer.send(SWITCHED);
      await peer.closed;
    },
    async ({ client }) => {
      for (const [origin, status] of [
        [EVIL, upgrades === 'check' ? 403 : 101],
        ['null', upgrades === 'check' ? 403 : 101],
        [APP, 101],
        ['http://a', 101],
      ] as const) {
        const peer = await client();
        assert.equal((await ask(peer, get('/', UPGRADE + from(origin)))).status, status, origin);
        peer.reset();
      }
      const peer = await client();
      assert.equal((await ask(peer, get('/', UPGRADE))).status, 101);
      peer.reset();
    },
  );
}

describe('the config of CORS', () => {
  it('origins: any lets every page read, with no Vary, and a guard keeps other spellings of the path out', async () => {
    const balancer = await createTestBalancer({
      pools: { web: ['a:80'] },
      routes: [
        {
          match: { path: '/open/*' },
          pool: 'web',
          cors: { origins: 'any', headers: 'any', maxAge: '1h', upgrades: 'pass' },
        },
        {
          match: { path: '/api/*' },
          pool: 'web',
          cors: {
            origins: ['https://*.app.example'],
            methods: ['PUT'],
            expose: ['X-Total'],
            credentials: 'off',
            refuse: 'on',
          },
        },
        { pool: 'web' },
      ],
    });
    const open = await balancer.request({ target: '/open/x', headers: { origin: EVIL } });
    assert.equal(open.headers['access-control-allow-origin'], '*');
    assert.equal(open.headers['vary'], undefined);
    const api = await balancer.request({ target: '/api/x', headers: { origin: 'https://a.app.example' } });
    assert.equal(api.headers['access-control-expose-headers'], 'X-Total');
    assert.equal(api.headers['access-control-allow-credentials'], undefined);
    for (const target of ['/api/x', '//api/x', '/api%2Fx', '/./api/x'])
      assert.equal((await balancer.request({ target, headers: { origin: EVIL } })).status, 403, target);
    await balancer.close();
  });
});
