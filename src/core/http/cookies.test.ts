import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assertLinear } from '../../../test/conformance/linear-cost.ts';
import { CookieWalk, withoutCookie } from './cookies.ts';
import { each } from './header-lines.ts';

function valuesOf(lines: string, name: string): readonly string[] {
  const walk = new CookieWalk(name);
  walk.begin(lines);
  const values: string[] = [];
  while (walk.next()) values.push(lines.slice(walk.start, walk.end));
  return values;
}

const BLANKS = /^[\t ]+|[\t ]+$/g;

/** The same, slowly. */
function pairsOf(lines: string): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = [];
  each(lines, (header, value) => {
    if (header !== 'cookie') return;
    for (const piece of value.split(';')) {
      const pair = piece.replace(BLANKS, '');
      const equals = pair.indexOf('=');
      if (equals >= 0) pairs.push([pair.slice(0, equals), pair.slice(equals + 1)]);
    }
  });
  return pairs;
}

const piece = fc.string({
  unit: fc.constantFrom('a', 'ab', '=', ';', ' ', '\t', '"', 'é', ';a=', '; ab=', '=;', '1'),
  maxLength: 12,
});
const line = fc.tuple(fc.constantFrom('Cookie', 'cookie', 'X-Cookie', 'Cookie2', 'A'), piece);
const heads = fc
  .array(line, { maxLength: 5 })
  .map((all) => all.map(([name, value]) => `${name}: ${value.replace(BLANKS, '')}\r\n`).join(''));

describe('cookies of a request', () => {
  it('cookies of a request are found by name, all of them in order, whatever stands around them', () => {
    fc.assert(
      fc.property(heads, fc.constantFrom('a', 'ab'), (lines, name) => {
        const expected = pairsOf(lines).flatMap(([each, value]) => (each === name ? [value] : []));
        assert.deepEqual(valuesOf(lines, name), expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('cookies of a request are taken out by name, and no other cookie or header with them', () => {
    fc.assert(
      fc.property(heads, fc.constantFrom('a', 'ab'), (lines, name) => {
        const left = withoutCookie(lines, name);
        const others = pairsOf(lines).filter(([each]) => each !== name);
        assert.deepEqual(pairsOf(left), others);
        const headersOf = (text: string): readonly string[] => text.match(/^(?!cookie:).*\r\n/gim) ?? [];
        assert.deepEqual(headersOf(left), headersOf(lines));
        if (others.length === pairsOf(lines).length) assert.equal(left, lines);
      }),
      { numRuns: 2000 },
    );
  });

  it('cookies of a request that are taken out leave lines as a client writes them', () => {
    const lines = 'A: 1\r\nCookie: a=1; b=2; a=3; c=4\r\nCookie: a=5\r\nCookie:a=6;d=7\r\nB: 2\r\n';
    assert.equal(withoutCookie(lines, 'a'), 'A: 1\r\nCookie: b=2; c=4\r\nCookie: d=7\r\nB: 2\r\n');
  });

  it('cookies of a request cost in proportion to their length', () => {
    const read = (text: string): void => {
      const lines = `A: 1\r\nCookie: ${text.replaceAll(/[\r\n]/g, '')}\r\n`;
      valuesOf(lines, 'a');
      withoutCookie(lines, 'a');
    };
    assertLinear(read, 64_000);
  });
});
