import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { READINGS, hostilePath, readPath } from '../../../test/support/server-paths.ts';
import { guardForm, guardForms } from './guard-form.ts';
import { normalizePath } from './path.ts';
import type { Routable } from './routed-request.ts';
import { compileRoutes } from './router.ts';

describe('the guard forms of a path', () => {
  for (const [path, ...forms] of [
    ['/'],
    ['/admin/x'],
    ['//admin///x', '/admin/x', '/x'],
    ['/\\host/admin', '/host/admin', '/admin'],
    ['/a%2Fb\\..\\admin', '/a/admin', '/a/b\\..\\admin', '/admin'],
    ['/a%2Fb//../admin', '/a/admin', '/a/b/admin', '/admin'],
    ['/admin%2Fx', '/admin/x'],
    ['/admin%5Cx', '/admin/x', '/admin\\x'],
    ['/a%2F..%2Fadmin', '/admin'],
    ['/..%2Fadmin', '/admin'],
    ['/a;b/c', '/a/c'],
    ['/x/..;/admin', '/admin'],
    ['/admin;%2F..%2Fx/y', '/x/y', '/admin/y'],
    ['/a%2Cb', '/a,b'],
    ['/%C3%BCnd/a%20b'],
    ['/a%252Fb'],
    ['/a%3Fb%23c'],
    ['//admin//..%2Fx', '/x', '/admin/x', '/admin/..%2Fx', '/..%2Fx'],
  ]) {
    it(`the guard forms of ${path} are ${forms.join(' and ') || 'none but itself'}`, () =>
      assert.deepEqual(guardForms(path, normalizePath(path) ?? ''), forms));
  }

  it('the guard forms of a path are paths in normal form, without empty or dot segments, and have no other form', () => {
    fc.assert(
      fc.property(hostilePath, (raw) => {
        const path = normalizePath(raw);
        fc.pre(path !== null);
        for (const form of [guardForm(path), ...guardForms(raw, path)]) {
          assert.ok(form.startsWith('/') && !form.includes('//'), form);
          assert.doesNotMatch(form, /\/\.{1,2}(?:\/|$)/);
          assert.equal(normalizePath(form), form);
        }
        assert.equal(guardForm(guardForm(path)), guardForm(path));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a route that guards', () => {
  const NONE = { host: null, methods: [], headers: [], query: [], cookies: [] };
  const router = compileRoutes([
    { id: 'rest', match: { ...NONE, path: null }, guards: false },
    { id: 'open', match: { ...NONE, path: { kind: 'prefix', path: '/x/admin' } }, guards: false },
    { id: 'admin', match: { ...NONE, path: { kind: 'prefix', path: '/admin' } }, guards: true },
    { id: 'case', match: { ...NONE, path: { kind: 'regex', source: '/adm,in$', ignoreCase: true } }, guards: true },
  ] as const);
  const routeOf = (path: string): string | undefined =>
    router.match({ host: 'a', path: normalizePath(path) ?? '', rawPath: path, query: '', method: 'GET', lines: '' })
      ?.id;

  it('a route that guards is taken for whatever a server reads as its path, be it nginx or one that differs from it', () => {
    fc.assert(
      fc.property(hostilePath, (raw) => {
        const path = normalizePath(raw);
        fc.pre(path !== null);
        for (const reading of READINGS) {
          const read = readPath(raw, reading);
          if (read === '/admin' || read.startsWith('/admin/'))
            assert.equal(routeOf(raw), 'admin', JSON.stringify(reading));
        }
      }),
      { numRuns: 8000 },
    );
  });

  it('a route that guards leaves alone what no server reads as its path, and what a longer open path takes', () => {
    for (const path of ['/', '/x', '/x%2Fadmin', '/x//admin/y', '/adminx', '/a%2Fb', '/%2561dmin', '/x;/y']) {
      assert.equal(routeOf(path), 'rest', path);
    }
    assert.equal(routeOf('/x/admin//y'), 'open');
  });

  it('a route that guards is not got around by way of another one, whatever a server reads', () => {
    const prefix = (id: string, path: string, pool: string, limitsOnly = false) => ({
      ...{ id, pool, guards: true, limitsOnly, maxBody: limitsOnly ? 10 : 0 },
      match: { ...NONE, path: { kind: 'prefix', path } as const },
    });
    const routes = [
      prefix('rest', '/', 'web', true),
      prefix('x', '/x', 'web', true),
      prefix('admin', '/admin', 'closed'),
      prefix('private', '/private', 'other'),
    ];
    const guards = compileRoutes(routes);
    fc.assert(
      fc.property(hostilePath, (raw) => {
        const path = normalizePath(raw);
        fc.pre(path !== null);
        const id = guards.match({ host: 'a', path, rawPath: raw, query: '', method: 'GET', lines: '' })?.id;
        for (const read of [path, ...READINGS.map((reading) => readPath(raw, reading))]) {
          const named = /^\/(admin|private)(?:\/|$)/.exec(read)?.[1];
          if (named !== undefined) assert.ok(id === undefined || id === named, `${raw} → ${id}`);
        }
      }),
      { numRuns: 8000 },
    );
    const idOf = (raw: string): string | undefined =>
      guards.match({ host: 'a', path: normalizePath(raw) ?? '', rawPath: raw, query: '', method: 'GET', lines: '' })
        ?.id;
    assert.equal(idOf('/admin/..;/y'), 'admin');
    assert.equal(idOf('//admin/y'), 'admin');
    assert.equal(idOf('/x%2Fy'), 'x');
    assert.equal(idOf('/admin/..;/private/y'), undefined);
  });

  it('a redirect that guards is not got around by way of another guard, whatever pools there are', () => {
    const guard = (id: string, path: string, more: Partial<Routable>): Routable => ({
      ...{ id, guards: true, pool: 'web', ...more },
      match: { ...NONE, path: { kind: 'prefix', path } },
    });
    const redirect = { status: 308 };
    const moved = guard('moved', '/moved', { redirect });
    for (const other of [{}, { pool: 'api' }, { limitsOnly: true, maxBody: 10 }]) {
      for (const routes of [
        [moved, guard('admin', '/admin', other)],
        [guard('admin', '/admin', other), moved],
      ]) {
        const router = compileRoutes(routes);
        for (const raw of ['/moved/..;/admin', '/admin/..;/moved']) {
          const path = normalizePath(raw) ?? '';
          const found = router.match({ host: 'a', path, rawPath: raw, query: '', method: 'GET', lines: '' });
          assert.equal(found?.id, 'moved', `${raw} ${JSON.stringify(other)}`);
        }
      }
    }
  });

  it('a route that guards with a pattern in any case is looked for in the guard form in lower case', () => {
    assert.equal(routeOf('/B%2FADM%2CIN'), 'case');
  });
});
