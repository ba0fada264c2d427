import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalizePath } from './path.ts';
import { replacePrefix } from './rewrite.ts';

const seed = Date.now() & 0x7fffffff;

function rewrite(target: string, prefix: string, by: string): string {
  const path = normalizePath(target.split('?', 1)[0]);
  assert.ok(path !== null);
  return replacePrefix(target, path, prefix, by);
}

describe('replacePrefix', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['/v1/x?a=b', '/v1', '', '/x?a=b'],
    ['/v1', '/v1', '', '/'],
    ['/v1?a=/v1', '/v1', '', '/?a=/v1'],
    ['/v1/', '/v1', '', '/'],
    ['/v12/x', '/v1', '', '/v12/x'],
    ['/other', '/v1', '', '/other'],
    ['/v1/x', '/v1', '/v2', '/v2/x'],
    ['/v1', '/v1', '/v2', '/v2'],
    ['/v1/x', '/v1', '/', '/x'],
    ['/v1', '/v1', '/', '/'],
    ['/x', '/', '/app', '/app/x'],
    ['/', '/', '/app', '/app/'],
    ['*', '/', '/app', '*'],
    // Escapes in the prefix are cut with it; those in the rest stay as they came.
    ['/%76%31/%7ex%2fy', '/v1', '', '/%7ex%2fy'],
    ['/a%2fb/c', '/a%2Fb', '/d', '/d/c'],
    // With dot segments the rest goes out in normal form.
    ['/v1/../v1/x', '/v1', '', '/x'],
    ['/v1/a/%2e%2e/%7eb', '/v1', '', '/~b'],
    ['/v1/../admin', '/v1', '', '/v1/../admin'],
    // Nothing that reads as the name of a host.
    ['/v1//evil.example/x', '/v1', '', '/evil.example/x'],
    ['/v1/\\evil.example/x', '/v1', '', '/%5Cevil.example/x'],
    ['/v1//\\evil.example/x', '/v1', '', '/%5Cevil.example/x'],
    ['/v1//x', '/v1', '/v2', '/v2//x'],
  ];
  for (const [target, prefix, by, expected] of cases) {
    it(`replacePrefix turns ${target} with ${prefix} replaced by '${by}' into ${expected}`, () => {
      assert.equal(rewrite(target, prefix, by), expected);
    });
  }

  it('replacePrefix sends what means the rest of the normal form, and never an empty path or one like a host', () => {
    const target = fc
      .array(fc.constantFrom('/', '/v1', '/%76%31', '/.', '/..', '/%2e%2e', 'a', '%7e', '%2f', '\\', '/\\'), {
        maxLength: 12,
      })
      .map((parts) => `/v1${parts.join('')}`);
    fc.assert(
      fc.property(target, fc.constantFrom('', '?q=/../'), fc.constantFrom('', '/v2', '/'), (raw, query, by) => {
        const path = normalizePath(raw);
        if (path === null) return;
        const result = replacePrefix(raw + query, path, '/v1', by);
        assert.ok(result.endsWith(query));
        const sent = result.slice(0, result.length - query.length);
        if (path !== '/v1' && !path.startsWith('/v1/')) {
          assert.equal(sent, raw);
          return;
        }
        assert.match(sent, /^\/(?![/\\])/);
        const meant = `${by === '/' ? '' : by}${path.slice(3)}`.replace(/^\/{2,}/, '/').replace(/^\/\\/, '/%5C');
        assert.equal(normalizePath(sent), meant === '' ? '/' : meant);
      }),
      { seed, numRuns: 3000 },
    );
  });
});
