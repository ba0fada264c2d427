/** What another program kept out is not let in: not by its neighbour's route, and not for want of one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildConfig } from '../config/build.ts';
import type { Config } from '../config/config.ts';
import fc from 'fast-check';
import { NGINX, hostilePath, readPath } from '../../test/support/server-paths.ts';
import { normalizePath } from '../core/routing/path.ts';
import { compileRoutes } from '../core/routing/router.ts';
import { convert } from './convert.ts';
import { toConfigInput } from './draft.ts';

/** The pool that takes a path; null: none. */
async function poolsOf(text: string, file: string, paths: readonly string[]): Promise<readonly (string | null)[]> {
  const { draft } = await convert(text, file);
  assert.ok(draft !== null);
  const config = buildConfig(toConfigInput(draft));
  assert.ok(isConfig(config), JSON.stringify(config));
  const router = compileRoutes(config.routes);
  return paths.map((rawPath) => {
    const path = normalizePath(rawPath);
    if (path === null) return null;
    return router.match({ host: 'a', path, rawPath, query: '', method: 'GET', lines: '' })?.pool ?? null;
  });
}

function isConfig(built: ReturnType<typeof buildConfig>): built is Config {
  return !Array.isArray(built);
}

const PATHS = ['/a/admin', '/a/admin/x', '/a/adminx', '/a/x', '/ax', '/b'];

describe('a guard on the start of a path', () => {
  it('a guard on the start of a path keeps out what goes on within the segment, beside routes that would take it: nginx', async () => {
    for (const sign of ['', '^~ ']) {
      const text = `server {
        listen 80;
        location / { proxy_pass http://10.0.0.1:1; }
        location ${sign}/a/ { proxy_pass http://10.0.0.1:2; }
        location ${sign}/a/admin { deny all; proxy_pass http://10.0.0.1:2; }
      }`;
      const pools = await poolsOf(text, 'nginx.conf', PATHS);
      const [, , , a, web] = pools;
      assert.deepEqual(pools, ['closed', 'closed', 'closed', a, web, web], sign);
      assert.notEqual(a, web);
    }
  });

  it('a guard on the start of a path keeps out what goes on within the segment, beside routes that would take it: HAProxy', async () => {
    const text = `defaults
  mode http
frontend f
  bind :80
  http-request deny if { path_beg /a/admin } !{ src 10.0.0.0/8 }
  use_backend a if { path_beg /a/ }
  default_backend web
backend a
  server s 10.0.0.1:1
backend web
  server s 10.0.0.1:2
`;
    const pools = await poolsOf(text, 'haproxy.cfg', PATHS);
    assert.deepEqual(pools, ['closed', 'closed', 'closed', 'a', 'web', 'web']);
  });
});

describe('a guard', () => {
  const guard = async (file: string, text: string): Promise<void> => {
    const paths = ['/admin', '/admin/', '/admin/x', '//admin/x', '/admin%2Fx', '/x/..;/admin/y', '/admin%5Cx', '/b'];
    const pools = await poolsOf(text, file, paths);
    assert.deepEqual(
      pools.slice(0, -1),
      Array.from({ length: 7 }, () => 'closed'),
    );
    assert.notEqual(pools.at(-1), 'closed');
  };

  it('a guard keeps out every spelling of its path that a server may read so: nginx', async () => {
    for (const location of ['/admin/', '^~ /admin/', '~ ^/admin(?:/|$)', '/admin'])
      await guard(
        'nginx.conf',
        `server { listen 80;
          location / { proxy_pass http://10.0.0.1:1; }
          location ~ \\.png$ { proxy_pass http://10.0.0.1:2; }
          location ${location} { deny all; proxy_pass http://10.0.0.1:1; }
        }`,
      );
  });

  it('a guard keeps out every spelling of its path that a server may read so: HAProxy', async () => {
    for (const path of ['/admin/', '/admin'])
      await guard(
        'haproxy.cfg',
        `defaults
  mode http
frontend f
  bind :80
  http-request deny if { path_beg ${path} }
  default_backend web
backend web
  server s 10.0.0.1:2
`,
      );
  });

  it('a guard on a location whose text no request has as it is keeps out what nginx reads so', async () => {
    const text = `server { listen 80;
      location / { proxy_pass http://10.0.0.1:1; }
      location "/a b/" { deny all; }
      location /ünd/ { deny all; }
    }`;
    const pools = await poolsOf(text, 'nginx.conf', ['/a%20b/x', '/%C3%BCnd/x', '/ab/x']);
    assert.deepEqual(pools.slice(0, 2), ['closed', 'closed']);
    assert.notEqual(pools[2], 'closed');
  });
});

describe('a rule that could not be taken over', () => {
  const rules = [
    'if { src 10.0.0.0/8 }',
    'if { req.hdr(X-Key) -m reg ^se.*t$ }',
    'if { path_reg ^/(a }',
    'if { hdr(Upgrade) -i websocket } { nbsrv(b) gt 1 }',
  ];
  for (const rule of rules) {
    it(`a rule that could not be taken over leaves its backend without requests if it was the only way there: ${rule}`, async () => {
      const text = `defaults
  mode http
frontend f
  bind :80
  use_backend b ${rule}
backend b
  server s 10.0.0.1:1
`;
      const { draft, notes } = await convert(text, 'haproxy.cfg');
      assert.equal(draft, null);
      assert.ok(notes.some(({ directive }) => directive === 'backend b'));
    });
  }

  it('a server of nginx gets no requests if its only location is a mistake', async () => {
    const { draft } = await convert(
      'server { listen 80; location ~ ^/(a { proxy_pass http://10.0.0.1:1; } }',
      'nginx.conf',
    );
    assert.equal(draft, null);
  });
});

describe('what nginx keeps out', () => {
  const text = `server {
    listen 80;
    location / { proxy_pass http://10.0.0.1:1; }
    location /admin/ { deny all; proxy_pass http://10.0.0.1:1; }
    location = /secret { deny all; proxy_pass http://10.0.0.1:1; }
    location ~ /\\.git/ { deny all; }
    location /private { auth_basic "x"; proxy_pass http://10.0.0.1:1; }
    location /ünd/ { deny all; }
    location "/a b/" { deny all; }
  }`;
  const isGuarded = (path: string): boolean =>
    /^\/admin(?:\/|$)|^\/private|^\/ünd\/|^\/a b\//.test(path) || path === '/secret' || path.includes('/.git/');

  it('what nginx denies is not let in by another spelling of its path', async () => {
    const paths = fc.sample(hostilePath, { seed: Date.now() & 0x7fffffff, numRuns: 5000 });
    const named = [
      '/%C3%BCnd/x',
      '/a%20b/x',
      '/%c3%bcnd%2fx',
      '//a%20b//x',
      '/admin',
      '/.git%2Fconfig',
      '//secret',
      '/x',
    ];
    const all = [...named, ...paths];
    const pools = await poolsOf(text, 'nginx.conf', all);
    for (const [index, path] of all.entries()) {
      if (!isGuarded(readPath(path, NGINX))) continue;
      assert.ok(pools[index] === null || pools[index] === 'closed', `${path} → ${pools[index]}`);
    }
    assert.ok(named.slice(0, -1).every((path) => isGuarded(readPath(path, NGINX))));
    assert.notEqual(pools[named.indexOf('/x')], 'closed');
  });
});
