import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyConnection } from './connection-options.ts';
import type { ConnectionOptions } from './connection-options.ts';

function none(): ConnectionOptions {
  return { hasClose: false, hasKeepAlive: false, hasUpgrade: false, named: null };
}

function read(...lines: readonly string[]): ConnectionOptions | null {
  const options = none();
  return lines.every((line) => applyConnection(line, options)) ? options : null;
}

test('options of Connection are found in any case, among blanks and empty list elements', () => {
  assert.deepEqual(read('keep-alive'), { ...none(), hasKeepAlive: true });
  assert.deepEqual(read('KEEP-ALIVE'), { ...none(), hasKeepAlive: true });
  assert.deepEqual(read(' , \t close ,,UPGRADE\t'), { ...none(), hasClose: true, hasUpgrade: true });
  assert.deepEqual(read(''), none());
  assert.deepEqual(read(','), none());
});

test('options of several Connection lines add up', () => {
  const options = read('keep-alive', 'close, X-One', 'x-two');
  assert.deepEqual(options, { ...none(), hasKeepAlive: true, hasClose: true, named: new Set(['x-one', 'x-two']) });
});

test('a header that must not be removed stays, whatever Connection names', () => {
  const names = [
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Authorization',
    'Cookie',
    'Forwarded',
    'Via',
    'X-Forwarded-For',
    'X-Forwarded-Anything',
  ];
  assert.equal(read(names.join(', '))?.named, null);
});

test('headers that are removed anyway are not remembered by name', () => {
  assert.deepEqual(read('te, Proxy-Connection'), none());
});

test('a Connection line that is not a list of tokens is refused', () => {
  for (const line of ['a b', 'close; x', '"close"', 'a=b', 'close\u00e4', 'a\u0001', 'a:b'])
    assert.equal(read(line), null, JSON.stringify(line));
});

test('every name in a Connection line is found, in lower case', () => {
  const token = fc.string({
    unit: fc.constantFrom(...Array.from("xyzXYZ019!#$%&'*+.^_`|~")),
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 8 }), (tokens) => {
      assert.deepEqual(read(tokens.join(' ,')), {
        ...none(),
        named: new Set(tokens.map((name) => name.toLowerCase())),
      });
    }),
  );
});
