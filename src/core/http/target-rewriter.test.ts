import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TargetRewriter } from './target-rewriter.ts';
import type { TemplateValues } from './template.ts';

function rewritten(
  target: string,
  spec: Partial<ConstructorParameters<typeof TargetRewriter>[0]>,
  groups: readonly string[] = [],
): string | null {
  const rewriter = new TargetRewriter({ path: '', setQuery: [], removeQuery: [], ...spec });
  const values = { target, path: target.split('?')[0], group: (name: string) => groups[Number(name)] ?? '' };
  return rewriter.rewrite(target, values as unknown as TemplateValues);
}

describe('the target that a route makes', () => {
  it('a path is put in the place of the one that came, and the query stays', () => {
    assert.equal(rewritten('/old/a?b=c', { path: '/new/{path.1}' }, ['', 'x/y']), '/new/x/y?b=c');
    assert.equal(rewritten('/old?', { path: '/new' }), '/new?');
    assert.equal(rewritten('*', { path: '/new', setQuery: [['a', 'b']] }), '*');
  });

  it('a path that leads out of the folder it was put into is not sent', () => {
    for (const group of ['../x', '..', 'a/../../b', '%2e%2E/x', './x', '.']) {
      assert.equal(rewritten('/old', { path: '/new/{path.1}' }, ['', group]), null, group);
    }
    assert.equal(rewritten('/old', { path: '/new{path.1}' }, ['', '/../x']), null);
    assert.equal(rewritten('/old', { path: '/new/{path.1}' }, ['', '%00']), null);
    assert.equal(rewritten('/old', { path: '/new/{path.1}' }, ['', 'a..b']), '/new/a..b');
  });

  it('a path names no host at its beginning', () => {
    assert.equal(rewritten('/old', { path: '/{path.1}' }, ['', '/evil.example/x']), '/evil.example/x');
    assert.equal(rewritten('/old', { path: '/{path.1}' }, ['', '\\evil.example']), '/%5Cevil.example');
    assert.equal(rewritten('/old', { path: '{path.1}' }, ['', '']), '/');
  });

  it('parameters go out by name however it is written, or by the beginning of it', () => {
    const removeQuery = ['utm_*', 'a b', 'é'];
    assert.equal(rewritten('/?utm_x=1&b=2&%75tm_=3&c&a+b=4&a%20b=5&=&%C3%A9', { removeQuery }), '/?b=2&c&=');
    assert.equal(rewritten('/?utm_x=1', { removeQuery }), '/');
    assert.equal(rewritten('/?a=1&b', { removeQuery: ['*'] }), '/');
  });

  it('a parameter that is set stands in the place of all of its name', () => {
    const setQuery = [
      ['a&', '{path.1}'],
      ['b', ''],
    ] as const;
    assert.equal(rewritten('/?a%26=1&c=2&a%26', { setQuery }, ['', 'x&y']), '/?c=2&a%26=x%26y&b=');
    assert.equal(rewritten('/', { setQuery: [['a', '1']] }), '/?a=1');
  });
});
