/** Routing as a client meets it: which endpoint answers, and what it is asked for. */
import assert from 'node:assert/strict';
import type { RouteMatch } from '../../src/core/snapshot.ts';
import { answering, ok, proxied, readResponse } from '../support/proxied.ts';
import type { TestRoute } from '../support/data-plane.ts';
import type { RawPeer } from '../support/segmented-socket.ts';

/** Answers with the route's mark (its prefix is replaced by it) and the target that arrived. */
const mirror = answering((head) => ok(head));

/** A route that shows itself: what it passes begins with `/<name>`. */
function marked(name: string, match: Partial<RouteMatch>): TestRoute {
  return { id: name, match, replacePrefix: { prefix: '/', by: `/${name}` } };
}

interface Ask {
  readonly target?: string;
  readonly host?: string;
  readonly method?: string;
  readonly more?: string;
}

/** The mark of the route that took a request, or the status where none did. */
async function ask(peer: RawPeer, { target = '/', host = 'other', method = 'GET', more = '' }: Ask): Promise<string> {
  await peer.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`);
  const { status, body } = await readResponse(peer);
  return status === 200 ? (/^\S+ \/([^/?]*)/.exec(body)?.[1] ?? '') : String(status);
}

proxied(
  'a host is matched exactly, then by its longest wildcard, then not at all; case, port and final dot do not matter',
  {
    routes: [
      marked('any', {}),
      marked('wild', { host: '*.example.com' }),
      marked('wilder', { host: '*.a.example.com' }),
      marked('exact', { host: 'api.example.com' }),
    ],
  },
  mirror,
  async ({ client }) => {
    const peer = await client();
    const cases: readonly (readonly [string, string])[] = [
      ['api.example.com', 'exact'],
      ['API.Example.COM.', 'exact'],
      ['api.example.com:8080', 'exact'],
      ['www.example.com', 'wild'],
      ['b.a.example.com', 'wilder'],
      ['example.com', 'any'],
      ['notexample.com', 'any'],
      ['[::1]:80', 'any'],
    ];
    for (const [host, route] of cases) assert.equal(await ask(peer, { host }), route, host);
  },
);

proxied(
  'a path is matched exactly, then by its longest prefix on segment borders, then by regular expressions in order',
  {
    routes: [
      marked('regex-b', { path: { kind: 'regex', source: '^/r/.*b', ignoreCase: false } }),
      marked('regex-i', { path: { kind: 'regex', source: '^/r/xyz', ignoreCase: true } }),
      marked('prefix', { path: { kind: 'prefix', path: '/v1' } }),
      marked('longer', { path: { kind: 'prefix', path: '/v1/users' } }),
      marked('exact', { path: { kind: 'exact', path: '/v1/users' } }),
    ],
  },
  mirror,
  async ({ client }) => {
    const peer = await client();
    const cases: readonly (readonly [string, string])[] = [
      ['/v1', 'prefix'],
      ['/v1/', 'prefix'],
      ['/v1/x?q', 'prefix'],
      ['/v12', '404'],
      ['/v1/users', 'exact'],
      ['/v1/users?a=b', 'exact'],
      ['/v1/users/7', 'longer'],
      ['/v1/%75sers/7', 'longer'],
      ['/v1/other/../users/7', 'longer'],
      ['/v1%2fusers', '404'],
      ['/V1', '404'],
      ['/r/abc', 'regex-b'],
      ['/r/XYZ', 'regex-i'],
      ['/r/c', '404'],
    ];
    for (const [target, route] of cases) assert.equal(await ask(peer, { target }), route, target);
  },
);

proxied(
  'a route whose further conditions fail leaves the request to the next one',
  {
    routes: [
      marked('method', { path: { kind: 'exact', path: '/m' }, methods: ['POST', 'PUT'] }),
      marked('header', { path: { kind: 'exact', path: '/m' }, headers: [{ name: 'x-beta', value: 'yes' }] }),
      marked('query', { path: { kind: 'exact', path: '/m' }, query: [{ name: 'beta', value: null }] }),
      marked('cookie', { path: { kind: 'exact', path: '/m' }, cookies: [{ name: 'beta', value: '1' }] }),
      marked('rest', { path: { kind: 'prefix', path: '/' } }),
    ],
  },
  mirror,
  async ({ client }) => {
    const peer = await client();
    const target = '/m';
    assert.equal(await ask(peer, { target, method: 'PUT' }), 'method');
    assert.equal(await ask(peer, { target, more: 'X-Beta: yes\r\n' }), 'header');
    assert.equal(await ask(peer, { target, more: 'X-Beta: no\r\n' }), 'rest');
    assert.equal(await ask(peer, { target: '/m?a=1&beta' }), 'query');
    assert.equal(await ask(peer, { target: '/m?betas=1' }), 'rest');
    assert.equal(await ask(peer, { target, more: 'Cookie: a=b; beta=1\r\n' }), 'cookie');
    assert.equal(await ask(peer, { target, more: 'Cookie: beta=12\r\n' }), 'rest');
    // What Connection would name away is still seen, and still passed on.
    assert.equal(await ask(peer, { target, more: 'Connection: Cookie\r\nCookie: beta=1\r\n' }), 'cookie');
  },
);

for (const [by, cases] of [
  [
    '',
    [
      ['/v1', '/'],
      ['/v1/', '/'],
      ['/v1/a%2Fb?x=1', '/a%2Fb?x=1'],
      ['/v1//evil.example', '/evil.example'],
      ['/v1?q', '/?q'],
      ['/v1/./a/../b', '/b'],
    ],
  ],
  [
    '/new',
    [
      ['/v1', '/new'],
      ['/v1/a', '/new/a'],
      ['/%761/a', '/new/a'],
    ],
  ],
] as const) {
  proxied(
    `a prefix is ${by === '' ? 'stripped' : 'replaced'}, and the rest goes on as it came`,
    { routes: [{ match: { path: { kind: 'prefix', path: '/v1' } }, replacePrefix: { prefix: '/v1', by } }] },
    mirror,
    async ({ client }) => {
      const peer = await client();
      for (const [target, expected] of cases) {
        await peer.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assert.equal((await readResponse(peer)).body.split(' ')[1], expected, target);
      }
    },
  );
}

proxied(
  'without a rewrite the endpoint gets the target as it came, dot segments and escapes included',
  {},
  mirror,
  async ({ client }) => {
    const peer = await client();
    for (const target of ['/a/./b/../c', '/%61?x=%zz&y', '//double//slash', '/a;p=1/b', '/?']) {
      await peer.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.equal((await readResponse(peer)).body.split(' ')[1], target);
    }
  },
);

proxied(
  'HTTP/1.0 without Host meets routes without a host, and no other',
  { routes: [marked('hosted', { host: 'a' }), marked('free', { path: { kind: 'exact', path: '/free' } })] },
  mirror,
  async ({ client }) => {
    for (const [target, status] of [
      ['/free', 200],
      ['/', 404],
    ] as const) {
      const peer = await client();
      await peer.send(`GET ${target} HTTP/1.0\r\n\r\n`);
      assert.match(await peer.readAll(), new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  },
);

proxied(
  'two requests of one connection with the same head but for the target are routed each by its own',
  {
    routes: [
      marked('a', { path: { kind: 'prefix', path: '/a' } }),
      marked('b', { path: { kind: 'prefix', path: '/b' } }),
    ],
  },
  mirror,
  async ({ client }) => {
    const peer = await client();
    for (const target of ['/a', '/b', '/a', '/a', '/c', '/b']) {
      assert.equal(await ask(peer, { target }), target === '/c' ? '404' : target.slice(1));
    }
  },
);

proxied(
  'a route that guards takes what a server may read as its path, and the endpoint gets the target as it came',
  {
    routes: [
      { id: 'admin', match: { path: { kind: 'prefix', path: '/admin' } }, maxBody: 1, guards: true },
      { id: 'rest' },
    ],
  },
  mirror,
  async ({ client }) => {
    const upload = async (target: string): Promise<readonly [number, string]> => {
      const peer = await client();
      await peer.send(`PUT ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxx`);
      const { status, body } = await readResponse(peer);
      return [status, /^\S+ (\S*)/.exec(body)?.[1] ?? ''];
    };
    const guarded = [
      '/admin/x',
      '//admin',
      '/admin%2Fx',
      '/admin%5cx',
      '/x/..;/admin',
      '/admin%2Fx/..',
      '/x%2f..%2fadmin?a',
    ];
    for (const target of guarded) assert.equal((await upload(target))[0], 413, target);
    for (const target of ['/x', '//x', '/adminx', '/x%2Fadmin', '/%2561dmin'])
      assert.deepEqual(await upload(target), [200, target]);
    const peer = await client();
    await peer.send('GET //admin%2Fx HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match((await readResponse(peer)).body, /^GET \/\/admin%2Fx HTTP/);
  },
);
