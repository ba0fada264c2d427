/** What endpoints get of a request, and clients of an answer, where a route says what is to be made of them. */
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/core/errors.ts';
import { routesOf, valuesOf } from '../support/config-routes.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Proxied } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';

/** The endpoint gives back the head that it was sent. */
function rewritten(name: string, routes: readonly object[], body: (proxy: Proxied) => Promise<void>): void {
  const more = 'Server: one\r\nX-Old: a\r\nLink: <http://a>, <http://b>\r\n';
  proxied(
    name,
    { routes: routesOf(...routes) },
    answering((head) => ok(head, more)),
    body,
  );
}

async function seen(peer: RawPeer, request: string): Promise<string> {
  await peer.send(request);
  const { status, body } = await readResponse(peer);
  assert.equal(status, 200);
  return body;
}

const targetOf = (head: string): string => head.split(' ')[1];

rewritten(
  'header lines of requests are removed, renamed, replaced, added by default, set and added on their way',
  [
    {
      request: {
        remove: ['X-Debug', 'none'],
        rename: { 'X-A': 'X-B' },
        replace: { Cookie: ['track=[^;]*;? ?', ''] },
        default: { 'X-Plan': 'free', 'X-B': 'c' },
        set: { 'X-Client': '{client.ip} {header.x-a} {method} {scheme} {host} {route} {pool} {listener}' },
        add: { 'X-Client': '{cookie.s}' },
      },
      pool: 'web',
      name: 'api',
    },
  ],
  async ({ client }) => {
    const lines = 'X-A: 1\r\nx-debug: 1\r\nX-Client: forged\r\nCookie: track=9; s=2\r\nX-Plan: paid\r\n';
    for (const peer of [await client(), await client()]) {
      for (const [request, plan, a, cookie] of [
        [get('/x', lines), 'paid', '1', 's=2'],
        [get('/x', lines), 'paid', '1', 's=2'],
        [get('/x'), 'free', '', null],
      ] as const) {
        const head = await seen(peer, request);
        assert.deepEqual(
          ['x-debug', 'x-a', 'x-b', 'cookie', 'x-plan', 'x-client'].map((name) => valuesOf(head, name)),
          [
            ...[[], [], [a === '' ? 'c' : a], cookie === null ? [] : [cookie], [plan]],
            [`127.0.0.1 ${a} GET http a api web web`, ...(cookie === null ? [] : ['2'])],
          ],
        );
        assert.equal(valuesOf(head, 'x-forwarded-for').length, 1);
      }
    }
  },
);

rewritten(
  'what differs from request to request is said anew each time, also where requests are alike',
  [
    {
      request: { set: { 'X-Id': 'a-{request.id}', 'X-At': '{time}' } },
      response: { set: { 'X-Id': '{request.id}' } },
      pool: 'web',
    },
  ],
  async ({ client }) => {
    const peer = await client();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      await peer.send(get('/x', 'X-Id: forged\r\n'));
      const { head, body } = await readResponse(peer);
      const [id] = valuesOf(body, 'x-request-id');
      assert.deepEqual([valuesOf(body, 'x-id'), valuesOf(head, 'x-id')], [[`a-${id}`], [id]]);
      assert.match(valuesOf(body, 'x-at')[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      ids.push(id);
    }
    assert.equal(new Set(ids).size, 3);
  },
);

rewritten(
  'a path is made of the groups of its pattern, parameters go and come, and what would lead elsewhere is a 400',
  [
    {
      match: { path: { regex: '^/old/([^/]+)(?<rest>.*)$' } },
      path: '/new/{path.1}{path.rest}',
      setQuery: { v: '{query.a}' },
      removeQuery: ['utm_*', 'a'],
      pool: 'web',
    },
    { match: { path: '/id/*' }, path: '/{request.id}{path}', pool: 'web' },
    { match: { path: { regex: '^/up(.*)$' } }, path: '/files/{path.1}', pool: 'web' },
    { pool: 'web' },
  ],
  async ({ client }) => {
    const peer = await client();
    for (const [target, expected] of [
      ['/old/x/y%2Fz?utm_a=1&b=2&a=%26c', '/new/x/y%2Fz?b=2&v=%26c'],
      ['/old/x/y%2Fz?utm_a=1&b=2&a=%26c', '/new/x/y%2Fz?b=2&v=%26c'],
      ['/old/x', '/new/x?v='],
      ['/./old/%78/y/..', '/new/x/?v='],
      ['/other?utm_a=1', '/other?utm_a=1'],
      ['/upa..b', '/files/a..b'],
    ] as const) {
      assert.equal(targetOf(await seen(peer, get(target))), expected, target);
    }
    const [one, two] = [await seen(peer, get('/id/x')), await seen(peer, get('/id/x'))];
    assert.notEqual(targetOf(one), targetOf(two));
    assert.equal(targetOf(one), `/${valuesOf(one, 'x-request-id')[0]}/id/x`);
    for (const target of ['/up../x', '/up..', '/up%2e%2e/x']) {
      await peer.send(get(target));
      assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 400 [^]*\r\nFairlead-Error: bad-path\r\n/, target);
    }
  },
);

rewritten(
  'header lines of answers are changed, those of Fairlead too, and no other route sees it',
  [
    {
      match: { path: '/a/*' },
      response: {
        remove: ['Server'],
        rename: { 'X-Old': 'X-New' },
        replace: { Link: ['http://', 'https://'] },
        default: { 'Cache-Control': 'no-cache', 'X-New': 'b' },
        set: { 'X-Fixed': 'c' },
        add: { 'X-Fixed': 'd' },
      },
      maxBody: '1KiB',
      pool: 'web',
    },
    { match: { path: '/b/*' }, response: { set: { Server: '{client.ip}' } }, pool: 'web' },
    { pool: 'web' },
  ],
  async ({ client }) => {
    const peer = await client();
    for (let round = 0; round < 3; round++) {
      for (const [path, server, old, fresh, link, fixed, cache] of [
        ['/a/x', [], [], ['a'], ['<https://a>, <https://b>'], ['c', 'd'], ['no-cache']],
        ['/b/x', ['127.0.0.1'], ['a'], [], ['<http://a>, <http://b>'], [], []],
        ['/c', ['one'], ['a'], [], ['<http://a>, <http://b>'], [], []],
      ] as const) {
        await peer.send(get(path));
        const { head } = await readResponse(peer);
        assert.deepEqual(
          ['server', 'x-old', 'x-new', 'link', 'x-fixed', 'cache-control'].map((name) => valuesOf(head, name)),
          [server, old, fresh, link, fixed, cache],
          path,
        );
      }
    }
    await peer.send(get('/a/x', 'Content-Length: 5000\r\n'));
    const { head, status } = await readResponse(peer);
    assert.equal(status, FAULTS.payloadTooLarge.status);
    assert.deepEqual(
      ['x-new', 'x-fixed', 'cache-control'].map((name) => valuesOf(head, name)),
      [['b'], ['c', 'd'], ['no-store']],
    );
  },
);
