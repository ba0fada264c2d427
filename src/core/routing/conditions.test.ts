import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RouteMatch, ValueMatch } from '../snapshot.ts';
import { ConditionBook } from './conditions.ts';
import { compileRoutes } from './router.ts';

const NONE: RouteMatch = { host: null, path: null, methods: [], headers: [], query: [], cookies: [] };

function meets(match: RouteMatch, parts: { lines?: string; query?: string }): boolean {
  const book = new ConditionBook([match]);
  book.begin();
  return book.meets(book.of(match), {
    host: '',
    path: '/',
    rawPath: '/',
    method: 'GET',
    lines: '',
    query: '',
    ...parts,
  });
}

const hasHeader = (lines: string, header: ValueMatch): boolean => meets({ ...NONE, headers: [header] }, { lines });
const hasCookie = (lines: string, cookie: ValueMatch): boolean => meets({ ...NONE, cookies: [cookie] }, { lines });
const hasParameter = (query: string, wanted: ValueMatch): boolean => meets({ ...NONE, query: [wanted] }, { query });

describe('a header condition', () => {
  const lines = 'Accept: a, b\r\nX-Tenant:  blue \t\r\nx-tenant: red\r\nX-Empty:\r\nX-Tenant-Id: green\r\n';
  const has = (name: string, value: string | null): boolean => hasHeader(lines, { name, value });

  it('a header condition finds a name in any case and compares the value without the blanks around it', () => {
    assert.ok(has('x-tenant', 'blue'));
    assert.ok(has('accept', 'a, b'));
  });
  it('a header condition is met by any line of the name', () => {
    assert.ok(has('x-tenant', 'red'));
  });
  it('a header condition compares the whole value, in its case', () => {
    for (const value of ['blu', 'blue x', 'Blue', 'green', '']) assert.ok(!has('x-tenant', value), value);
  });
  it('a header condition asks only for presence where it has no value', () => {
    assert.ok(has('x-empty', null));
    assert.ok(has('x-empty', ''));
    assert.ok(!has('x-absent', null));
    assert.ok(!has('tenant', null));
  });
  it('a header condition finds no name inside a value', () => {
    assert.ok(!hasHeader('A: x-tenant: blue\r\n', { name: 'x-tenant', value: 'blue' }));
  });
});

describe('a cookie condition', () => {
  const lines = 'Cookie: a=1; beta=yes ;c="q"; flag\r\nX: y\r\ncookie: d=4=5;e=\r\n';
  const has = (name: string, value: string | null): boolean => hasCookie(lines, { name, value });

  it('a cookie condition finds a pair in any Cookie line', () => {
    assert.ok(has('a', '1'));
    assert.ok(has('beta', 'yes'));
    assert.ok(has('d', '4=5'));
    assert.ok(has('e', ''));
  });
  it('a cookie condition compares name and value exactly, quotes included', () => {
    assert.ok(has('c', '"q"'));
    for (const [name, value] of [
      ['c', 'q'],
      ['A', '1'],
      ['a', '11'],
      ['eta', 'yes'],
      ['d', '4'],
      ['X', 'y'],
    ]) {
      assert.ok(!has(name, value), `${name}=${value}`);
    }
  });
  it('a cookie condition asks only for presence where it has no value', () => {
    assert.ok(has('beta', null));
    assert.ok(!has('flag', null), 'a cookie without an equals sign has no name');
    assert.ok(!has('b', null));
  });
});

describe('a query condition', () => {
  const query = 'a=1&b=x+y&%63=%C3%A9&flag&d=1=2&e=&bad=%ff&worse=%z';
  const has = (name: string, value: string | null): boolean => hasParameter(query, { name, value });

  it('a query condition compares names and values as forms decode them', () => {
    assert.ok(has('a', '1'));
    assert.ok(has('b', 'x y'));
    assert.ok(has('c', 'é'));
    assert.ok(has('d', '1=2'));
    assert.ok(has('e', ''));
  });
  it('a query condition does not take a plus sign for itself', () => {
    assert.ok(!has('b', 'x+y'));
    assert.ok(hasParameter('b=x%2By', { name: 'b', value: 'x+y' }));
    assert.ok(!hasParameter('a=%2541', { name: 'a', value: '%2541' }));
  });
  it('a query condition asks only for presence where it has no value', () => {
    assert.ok(has('flag', null));
    assert.ok(has('flag', ''));
    assert.ok(!has('lag', null));
    assert.ok(!hasParameter('', { name: 'a', value: null }));
  });
  it('a query condition matches no value that is no text', () => {
    assert.ok(!has('bad', 'ÿ'));
    assert.ok(!has('worse', '%z'));
    assert.ok(has('bad', null));
  });
});

describe('the conditions of many routes', () => {
  /** In the documents' words, without a thought for cost. */
  function hasParameterByReference(query: string, { name, value }: ValueMatch): boolean {
    const decode = (text: string): string | null => {
      try {
        return decodeURIComponent(text.replaceAll('+', ' '));
      } catch {
        return null;
      }
    };
    const pieces = query.split('&').filter((piece) => piece !== '');
    const pairs = pieces.map((piece) => [piece.split('=')[0], piece.split('=').slice(1).join('=')].map(decode));
    return pairs.some(([found, text]) => found === name && (value === null || text === value));
  }

  const text = fc.constantFrom('a', 'b', 'a b', 'é', '%', '+', '', '😀', 'a=b', 'ab');
  const condition = fc.record({ name: text, value: fc.option(text) });
  const piece = fc.constantFrom(
    ...['a', 'b', '+', '%20', '%C3%A9', '%c3%a9', '%C3', '%', '%2', '%zz', '=', '&', '%26', '%3D', '%2B', '%25'],
    ...['%F0%9F%98%80', '%ED%A0%80', '%C0%80', '%00', '?', '/', ';'],
  );

  it('the conditions of many routes agree with a reading of each alone, whatever a query holds', () => {
    const query = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 6 }), query, query, (conditions, first, second) => {
        const matches = conditions.map((each) => ({ ...NONE, query: [each] }));
        const book = new ConditionBook(matches);
        for (const written of [first, second]) {
          book.begin();
          const request = { host: '', path: '/', rawPath: '/', method: 'GET', lines: '', query: written };
          for (const match of matches) {
            const expected = written !== '' && hasParameterByReference(written, match.query[0]);
            assert.equal(book.meets(book.of(match), request), expected, JSON.stringify([match.query, written]));
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('the conditions of many routes read lines and query of a request once, however many routes ask', () => {
    const routes = Array.from({ length: 50 }, (_, index) => {
      const value = String(index);
      const wanted = { name: 'v', value };
      return { id: value, match: { ...NONE, headers: [{ name: 'x-v', value }], query: [wanted], cookies: [wanted] } };
    });
    const reads = { lines: 0, query: 0 };
    const request = {
      host: 'a',
      path: '/',
      rawPath: '/',
      method: 'GET',
      get lines() {
        reads.lines++;
        return 'X-V: 48\r\nX-V: 49\r\nCookie: v=1; v=49\r\n';
      },
      get query() {
        reads.query++;
        return 'v=48&v=%349';
      },
    };
    const router = compileRoutes(routes);
    for (let time = 1; time <= 2; time++) {
      assert.equal(router.match(request)?.id, '49');
      assert.deepEqual(reads, { lines: time, query: time });
    }
  });

  it('the conditions of many routes are those of the request at hand, not of the one before', () => {
    const match = { ...NONE, query: [{ name: 'a', value: null }], headers: [{ name: 'x', value: null }] };
    const router = compileRoutes([{ id: 'r', match }]);
    const ask = (query: string, lines: string) =>
      router.match({ host: '', path: '/', rawPath: '/', method: 'GET', query, lines });
    assert.ok(ask('a', 'X: 1\r\n'));
    assert.equal(ask('b', 'X: 1\r\n'), null);
    assert.equal(ask('a', 'Y: 1\r\n'), null);
    assert.ok(ask('a', 'X: 1\r\n'));
  });
});
