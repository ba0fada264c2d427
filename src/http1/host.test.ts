import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAuthority } from './host.ts';

const LABEL = 'abcXYZ019_~-';
const label = fc.string({ unit: fc.constantFrom(...Array.from(LABEL)), minLength: 1, maxLength: 12 });
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));

test('the name of a Host is read in lower case, without its final dot and without its port', () => {
  const port = fc.option(fc.integer({ min: 0, max: 65535 }));
  fc.assert(
    fc.property(name, fc.boolean(), port, (host, hasDot, number) => {
      const text = `${host}${hasDot ? '.' : ''}${number === null ? '' : `:${number}`}`;
      assert.deepEqual(parseAuthority(text), { host: host.toLowerCase(), port: number ?? -1 });
    }),
  );
});

test('a Host that is accepted gives the same name when it is read again', () => {
  const unit = fc.constantFrom(...Array.from('aZ9._~-:[]fF%@/,;# \t\r\n\u00e4'));
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
      const first = parseAuthority(text);
      if (first === null) return;
      assert.doesNotMatch(first.host, /[%@/,;# \t\r\n\u00e4A-Z]/);
      assert.deepEqual(parseAuthority(first.host), { host: first.host, port: -1 });
    }),
    { numRuns: 2000 },
  );
});

test('an IPv6 address in a Host keeps its brackets, and needs them', () => {
  assert.deepEqual(parseAuthority('[::1]:8080'), { host: '[::1]', port: 8080 });
  assert.deepEqual(parseAuthority('[2001:DB8::A]'), { host: '[2001:db8::a]', port: -1 });
  for (const text of ['::1', '[::1', '::1]', '[127.0.0.1]', '[::1%eth0]', '[]'])
    assert.equal(parseAuthority(text), null);
});

test('a Host with userinfo, a path, a list, an escape or an empty label is refused', () => {
  for (const text of [
    '',
    'a@b',
    'a/b',
    'a,b',
    'a;b',
    'a%41',
    'a..b',
    '.a',
    '.',
    'a b',
    'a ',
    ' a',
    'a\\b',
    'a?b',
    'a#b',
  ])
    assert.equal(parseAuthority(text), null, JSON.stringify(text));
});

test('the port of a Host is a decimal number up to 65535, or empty', () => {
  assert.deepEqual(parseAuthority('a:'), { host: 'a', port: -1 });
  assert.deepEqual(parseAuthority('a:00080'), { host: 'a', port: 80 });
  for (const text of ['a:65536', 'a:000080', 'a:-1', 'a:+1', 'a:0x50', 'a:8 0', 'a:80:80', ':80'])
    assert.equal(parseAuthority(text), null, text);
});

test('a Host of more than 255 characters is refused', () => {
  assert.notEqual(parseAuthority('a'.repeat(255)), null);
  assert.equal(parseAuthority('a'.repeat(256)), null);
});
