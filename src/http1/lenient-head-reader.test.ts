import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { LenientHeadReader } from './lenient-head-reader.ts';

const MAX = 16_384;

test('a head with any mixture of line ends, cut anywhere, has CRLF when it is read', () => {
  const line = fc.constantFrom('HTTP/1.1 200 OK', 'a: b', 'Content-Type: text/plain; x=\u00e4', 'empty:');
  const end = fc.constantFrom('\n', '\r\n');
  const rest = fc.constantFrom('', 'x', '\n\nbody', 'HTTP/1.1 200 OK\n\n');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, end), { minLength: 1, maxLength: 6 }),
      end,
      rest,
      fc.nat(120),
      (lines, last, behind, split) => {
        const head = lines.map((parts) => parts.join('')).join('') + last;
        const bytes = Buffer.from(head + behind, 'latin1');
        const reader = new LenientHeadReader(UNBOUNDED_MEMORY);
        const at = Math.min(split, head.length - 1);
        if (at > 0) {
          assert.equal(reader.read(bytes, 0, at, MAX), -1);
          assert.deepEqual([reader.isPartial, reader.partialLength], [true, at]);
        }
        assert.equal(reader.read(bytes, at, bytes.length, MAX), head.length);
        assert.equal(reader.text, head.replace(/\r?\n/g, '\r\n'));
        assert.equal(reader.isPartial, false);
      },
    ),
  );
});

test('a reader that is reset forgets what has come', () => {
  const reader = new LenientHeadReader(UNBOUNDED_MEMORY);
  assert.equal(reader.read(Buffer.from('HTTP/1.1'), 0, 8, MAX), -1);
  reader.reset();
  assert.equal(reader.isPartial, false);
  assert.equal(reader.read(Buffer.from('a\n\n'), 0, 3, MAX), 3);
  assert.equal(reader.text, 'a\r\n\r\n');
});

test('of a head over the limit no more is kept than the limit and a line end', () => {
  const reader = new LenientHeadReader(UNBOUNDED_MEMORY);
  const bytes = Buffer.alloc(100_000, 'a');
  assert.equal(reader.read(bytes, 0, bytes.length, 1000), -1);
  assert.ok(reader.partialLength > 1000 && reader.partialLength <= 1002);
});

test('without memory to keep a part of a head, the head is refused', () => {
  const memory = { ...UNBOUNDED_MEMORY, take: () => false };
  const reader = new LenientHeadReader(memory);
  assert.equal(reader.read(Buffer.from('HTTP/1.1'), 0, 8, MAX), -1);
  assert.equal(reader.isRefused, true);
});
