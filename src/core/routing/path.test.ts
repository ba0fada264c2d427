import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isUnreservedEscape, normalizePath, PathParser } from './path.ts';

const seed = Date.now() & 0x7fffffff;
const options = { seed, numRuns: 2000 };

/** Paths rich in everything the normal form is about. */
const rawPath = fc
  .array(
    fc.constantFrom(
      '/',
      '/',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '\\',
      '%41',
      '%7e',
      '%zz',
      '%00',
      '%',
      'a',
      'b',
      ';',
    ),
    {
      maxLength: 24,
    },
  )
  .map((parts) => `/${parts.join('')}`);

describe('the normal form of a path', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['/', '/'],
    ['*', '*'],
    ['/a/b', '/a/b'],
    ['/%61%2D%5f%7E', '/a-_~'],
    ['/a%c3%a9', '/a%C3%A9'],
    ['/a%2fb%5cc', '/a%2Fb%5Cc'],
    ['/a//b/', '/a//b/'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/.%2e', '/'],
    ['/a/b/.', '/a/b/'],
    ['/.', '/'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a/...', '/a/...'],
    ['/a//../b', '/a/b'],
    ['//..', '/'],
    ['/%2541', '/%2541'],
    ['/..', null],
    ['/a/../..', null],
    ['/%2e%2e/etc/passwd', null],
    ['/a%00', null],
    ['/a%', null],
    ['/a%4', null],
    ['/a%4g', null],
    ['a', null],
    ['', null],
  ];
  for (const [raw, normal] of cases) {
    it(`the normal form of ${JSON.stringify(raw)} is ${normal === null ? 'a refusal' : JSON.stringify(normal)}`, () => {
      assert.equal(normalizePath(raw), normal);
    });
  }

  it('the normal form of a path is its own normal form', () => {
    fc.assert(
      fc.property(rawPath, (raw) => {
        const normal = normalizePath(raw);
        if (normal !== null) assert.equal(normalizePath(normal), normal);
      }),
      options,
    );
  });

  it('the normal form of a path starts at the root and holds no dot segment, no escaped unreserved character and no lower-case escape', () => {
    fc.assert(
      fc.property(rawPath, (raw) => {
        const normal = normalizePath(raw);
        if (normal === null) return;
        assert.equal(normal[0], '/');
        assert.ok(!normal.split('/').some((segment) => segment === '.' || segment === '..'), normal);
        for (const [escape] of normal.matchAll(/%../g)) {
          assert.equal(escape, escape.toUpperCase());
          assert.ok(!isUnreservedEscape(escape, 0), normal);
        }
      }),
      options,
    );
  });

  it('the normal form of a path agrees with the WHATWG URL parser about dot segments that stay under the root', () => {
    const path = fc
      .array(fc.constantFrom('/', '.', '..', '%2e', 'a', 'b'), { maxLength: 20 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(path, (raw) => {
        const normal = normalizePath(raw);
        // The URL parser keeps other escapes of dots (`a%2e`) as they are.
        if (normal !== null) assert.equal(normal, new URL(`http://h${raw}`).pathname.replaceAll('%2e', '.'));
      }),
      options,
    );
  });

  it('the normal form of a path takes a time linear in the length for the worst paths', () => {
    for (const unit of ['/', '/.', '/a/..', '%2e', '%41', '/%2e%2e/a']) {
      const path = `/a${unit.repeat(200_000 / unit.length)}`;
      normalizePath(path);
    }
  });
});

describe('PathParser', () => {
  it('PathParser splits at the first question mark and leaves the query alone', () => {
    const parser = new PathParser();
    assert.ok(parser.parse('/a/%62?x=%41/../?y'));
    assert.equal(parser.path, '/a/b');
    assert.equal(parser.query, 'x=%41/../?y');
    assert.ok(parser.parse('/c'));
    assert.equal(parser.path, '/c');
    assert.equal(parser.query, '');
  });

  it('PathParser gives what normalizePath gives', () => {
    const parser = new PathParser();
    fc.assert(
      fc.property(rawPath, fc.constantFrom('', '?', '?a=/../%zz'), (raw, query) => {
        const normal = normalizePath(raw);
        assert.equal(parser.parse(raw + query), normal !== null);
        if (normal !== null) assert.equal(parser.path, normal);
      }),
      options,
    );
  });

  it('PathParser refuses a target without a path', () => {
    const parser = new PathParser();
    for (const target of ['', '?a', 'http://h/', '**']) assert.equal(parser.parse(target), false, target);
  });
});
