/** Applications that clients reach at another place: Location, cookies, and headers that make browsers careful. */
import assert from 'node:assert/strict';
import type { TestPlaneOptions } from '../support/data-plane.ts';
import { routesOf, valuesOf } from '../support/config-routes.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Proxied } from '../support/proxied.ts';

const DATE = 'Date: Sat, 21 Nov 2026 00:00:00 GMT\r\n';

/** The endpoint answers with the lines that the request asks for, `SELF` in them being its own address. */
function moved(name: string, options: Omit<TestPlaneOptions, 'ports'>, body: (proxy: Proxied) => Promise<void>): void {
  const said = (head: string): string => {
    const [, line = ''] = /^X-Say: (.*)\r$/m.exec(head) ?? [];
    return line === ''
      ? ok('')
      : `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 0\r\n${line.replaceAll('|', '\r\n')}\r\n\r\n`;
  };
  proxied(name, options, answering(said), body);
}

moved(
  'location: auto leads clients from the place of an endpoint back to their own, with the prefix that was taken off',
  {
    trustedProxies: ['127.0.0.1'],
    pool: { host: { name: 'App.internal' } },
    routes: routesOf(
      { match: { path: '/app/*' }, stripPrefix: '/app', response: { location: 'auto' }, pool: 'web' },
      {
        match: { path: '/v1/*' },
        replacePrefix: { prefix: '/v1', by: '/api' },
        response: { location: 'auto' },
        pool: 'web',
      },
      { pool: 'web' },
    ),
  },
  async ({ client, servers }) => {
    const peer = await client();
    const self = `127.0.0.1:${servers[0].port}`;
    const shop = 'X-Forwarded-Proto: https\r\nX-Forwarded-Host: Shop.example:8443\r\n';
    for (const [path, more, line, expected] of [
      ['/app/x', '', `Location: http://${self}/y?z#f`, 'http://a/app/y?z#f'],
      ['/app/x', shop, `Location: https://${self}/y`, 'https://Shop.example:8443/app/y'],
      ['/app/x', shop, 'Location: http://APP.internal', 'https://Shop.example:8443/app/'],
      ['/app/x', '', 'Location: http://app.internal:80/y', 'http://a/app/y'],
      ['/app/x', '', 'Location: /y', '/app/y'],
      ['/app/x', '', 'Location: y', 'y'],
      ['/app/x', '', 'Location: //app.internal/y', '//app.internal/y'],
      ['/app/x', '', 'Location: http://app.internal.evil/y', 'http://app.internal.evil/y'],
      ['/app/x', '', 'Location: http://app.internal:81/y', 'http://app.internal:81/y'],
      ['/app/x', '', 'Content-Location: /y', '/app/y'],
      ['/app/x', '', 'Refresh: 5; url="http://app.internal/y"', '5; url="http://a/app/y"'],
      ['/app/x', '', 'Refresh: 5', '5'],
      ['/v1/x', '', 'Location: /api/y', '/v1/y'],
      ['/v1/x', '', 'Location: /api', '/v1'],
      ['/v1/x', '', 'Location: /apis', '/apis'],
      ['/none', '', `Location: http://${self}/y`, `http://${self}/y`],
    ] as const) {
      for (let round = 0; round < 2; round++) {
        await peer.send(get(path, `${more}X-Say: ${line}\r\n`));
        const { head } = await readResponse(peer);
        assert.deepEqual(valuesOf(head, line.slice(0, line.indexOf(':'))), [expected], `${path} ${line}`);
      }
    }
  },
);

moved(
  'the cookies of servers are changed attribute by attribute, and those of other names are not',
  {
    routes: routesOf({
      response: {
        cookies: {
          domain: { 'origin.internal': 'public.example' },
          path: { '/': '/app/' },
          sameSite: 'lax',
          secure: 'on',
          httpOnly: 'on',
          only: ['s*'],
        },
      },
      pool: 'web',
    }),
  },
  async ({ client }) => {
    const peer = await client();
    const said = 'Set-Cookie: s=1; Domain=origin.internal; Path=/x|Set-Cookie: t=2; Path=/x|Set-Cookie: s2=3; X=y';
    for (let round = 0; round < 3; round++) {
      await peer.send(get('/', `X-Say: ${said}\r\n`));
      assert.deepEqual(valuesOf((await readResponse(peer)).head, 'set-cookie'), [
        's=1; Domain=public.example; Path=/app/x; Secure; HttpOnly; SameSite=Lax',
        't=2; Path=/x',
        's2=3; X=y; Secure; HttpOnly; SameSite=Lax',
      ]);
    }
  },
);

moved(
  'security: on says what makes browsers careful where the server has not, errors included, and HSTS by https alone',
  {
    trustedProxies: ['127.0.0.1'],
    routes: routesOf(
      {
        match: { path: '/own/*' },
        response: { security: { 'referrer-policy': 'no-referrer', 'X-Content-Type-Options': 'off' } },
        pool: 'web',
      },
      { response: { security: 'on' }, maxBody: '1KiB', pool: 'web' },
    ),
  },
  async ({ client }) => {
    const names = ['strict-transport-security', 'x-content-type-options', 'referrer-policy', 'content-security-policy'];
    const usual = [['nosniff'], ['strict-origin-when-cross-origin'], ["frame-ancestors 'self'"]];
    const peer = await client();
    for (let round = 0; round < 2; round++) {
      for (const [path, more, expected] of [
        ['/', '', [[], ...usual]],
        ['/', 'X-Forwarded-Proto: https\r\n', [['max-age=31536000'], ...usual]],
        ['/', 'X-Say: content-security-policy: own\r\n', [[], usual[0], usual[1], ['own']]],
        ['/own/x', '', [[], [], ['no-referrer'], usual[2]]],
      ] as const) {
        await peer.send(get(path, more));
        const { head } = await readResponse(peer);
        assert.deepEqual(
          names.map((name) => valuesOf(head, name)),
          expected,
          `${path} ${more}`,
        );
      }
    }
    await peer.send(get('/', 'Content-Length: 5000\r\n'));
    const { status, head } = await readResponse(peer);
    assert.equal(status, 413);
    assert.deepEqual(
      names.map((name) => valuesOf(head, name)),
      [[], ...usual],
    );
  },
);
