import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { HeadReader } from './head-reader.ts';

const MAX = 16_384;

function read(reader: HeadReader, text: string, offset = 7): number {
  const buffer = Buffer.concat([Buffer.alloc(offset, 'p'), Buffer.from(text, 'latin1')]);
  const after = reader.read(buffer, offset, buffer.length, MAX);
  return after < 0 ? after : after - offset;
}

test('a head in one read ends after its empty line, whatever follows', () => {
  const reader = new HeadReader(UNBOUNDED_MEMORY);
  const head = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  assert.equal(read(reader, `${head}body\r\n\r\n`), head.length);
  assert.equal(reader.text, head);
  assert.equal(read(reader, head + 'x'.repeat(10_000)), head.length);
  assert.equal(reader.text, head);
});

test('a sequence of heads, repeated or not and split anywhere, is read as it was sent', () => {
  const head = fc.constantFrom(
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n',
    'GET /longer HTTP/1.1\r\nHost: a\r\nCookie: ä\r\n\r\n',
  );
  const step = fc.record({
    head,
    rest: fc.constantFrom('', 'x', 'body\r\n\r\n'),
    split: fc.nat(60),
    isSplit: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const reader = new HeadReader(UNBOUNDED_MEMORY);
      for (const { head: text, rest, split, isSplit } of steps) {
        const at = Math.min(split, text.length - 1);
        if (isSplit && at > 0) {
          assert.equal(read(reader, text.slice(0, at)), -1);
          assert.equal(reader.isPartial, true);
          assert.equal(read(reader, text.slice(at) + rest), text.length - at);
        } else {
          assert.equal(read(reader, text + rest), text.length);
        }
        assert.equal(reader.text, text);
        assert.equal(reader.isPartial, false);
      }
    }),
  );
});

test('a head that came three times is the same string each time', () => {
  const reader = new HeadReader(UNBOUNDED_MEMORY);
  for (let round = 0; round < 4; round++) {
    assert.equal(read(reader, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 3 + round), 27);
    assert.equal(reader.text, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  }
});

test('line ends that are not CRLF break a partial head at once, also where they come in two reads', () => {
  for (const text of ['GET / HTTP/1.1\n', '\nGET', 'GET /\rx', 'GET / HTTP/1.1\r\nHost\x00']) {
    for (let at = 0; at < text.length; at++) {
      const reader = new HeadReader(UNBOUNDED_MEMORY);
      if (at > 0) read(reader, text.slice(0, at));
      const early = reader.isBroken;
      if (!early) read(reader, text.slice(at));
      assert.equal(reader.isBroken, true, JSON.stringify([text, at]));
    }
  }
  const reader = new HeadReader(UNBOUNDED_MEMORY);
  for (const piece of ['GET / HTTP/1.1', '\r', '\n', 'Host: a', '\r', '\n', '\r']) {
    read(reader, piece);
    assert.equal(reader.isBroken, false);
  }
  assert.equal(read(reader, '\n'), 1);
});
