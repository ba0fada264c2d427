import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStatusLine } from './status-line.ts';

test('version, status and reason are read from every well-formed status line', () => {
  const unit = fc.constantFrom(...Array.from('\t aZ9~!"\u0080\u00ff'));
  const reason = fc.string({ unit, maxLength: 20 });
  fc.assert(
    fc.property(fc.boolean(), fc.integer({ min: 100, max: 999 }), reason, (isNew, status, text) => {
      const line = `HTTP/1.${isNew ? 1 : 0} ${status} ${text}`;
      assert.deepEqual(parseStatusLine(line), { version: isNew ? 11 : 10, status, reason: text });
    }),
  );
});

test('the blank before an empty reason of a status line may be missing', () => {
  assert.deepEqual(parseStatusLine('HTTP/1.1 204'), { version: 11, status: 204, reason: '' });
  assert.deepEqual(parseStatusLine('HTTP/1.1 204 '), { version: 11, status: 204, reason: '' });
});

test('a malformed status line is refused', () => {
  const lines = [
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1 099 x',
    'HTTP/1.1 20 x',
    'HTTP/1.1 2000 x',
    'HTTP/1.1 +200 x',
    'HTTP/1.1  200 x',
    'HTTP/1.1 200x',
    'HTTP/1.1\t200 x',
    ' HTTP/1.1 200 x',
    'http/1.1 200 x',
    'HTTP/1.2 200 x',
    'HTTP/2.0 200 x',
    'HTTP/1.1 200 a\u0000b',
    'HTTP/1.1 200 a\r',
    'HTTP/1.1 200 a\n',
    'HTTP/1.1 200 \u007f',
  ];
  for (const line of lines) assert.equal(parseStatusLine(line), null, JSON.stringify(line));
});
