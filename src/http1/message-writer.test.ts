import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import type { Connection } from '../net/transport.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { MessageWriter } from './message-writer.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A connection that remembers each write, as latin1 text. */
function recorded(): { readonly writes: string[]; readonly writer: MessageWriter } {
  const writes: string[] = [];
  const write = (text: string, buffer?: Buffer, start = 0, end = 0): boolean => {
    writes.push(text + (buffer?.latin1Slice(start, end) ?? ''));
    return true;
  };
  const connection = {
    isBlocked: false,
    write,
    writeBytes: (buffer: Buffer, start: number, end: number) => write('', buffer, start, end),
    writeHead: write,
  };
  return { writes, writer: new MessageWriter(connection as unknown as Connection) };
}

function decode(text: string): string {
  const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
  const bytes = Buffer.from(text, 'latin1');
  let data = '';
  const sink = {
    onChunkData(buffer: Buffer, start: number, end: number): boolean {
      data += buffer.latin1Slice(start, end);
      return true;
    },
  };
  assert.equal(decoder.decode(bytes, 0, bytes.length, sink), bytes.length);
  assert.equal(decoder.done, true);
  return data;
}

test('head and first bytes of a body with a length leave in one write', () => {
  const { writes, writer } = recorded();
  writer.head('HEAD', false);
  writer.body(Buffer.from('abc'), 1, 3);
  writer.body(Buffer.from('def'), 0, 3);
  writer.end('');
  writer.flush();
  assert.deepEqual(writes, ['HEADbc', 'def']);
});

test('a head without a body leaves with the flush', () => {
  const { writes, writer } = recorded();
  writer.head(HEAD, false);
  assert.equal(writer.holdsHead, true);
  writer.end('');
  assert.deepEqual(writes, []);
  writer.flush();
  writer.flush();
  assert.deepEqual(writes, [HEAD]);
  assert.equal(writer.holdsHead, false);
});

test('small chunks of one read leave in one write, with the end of the body', () => {
  const { writes, writer } = recorded();
  writer.head(HEAD, true);
  writer.body(Buffer.from('abc'), 0, 3);
  writer.body(Buffer.from('de'), 0, 2);
  writer.end('A: b\r\n');
  writer.flush();
  assert.deepEqual(writes, [`${HEAD}3\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n`]);
});

test('chunks of any size and any flush between them make up the body that was written', () => {
  const step = fc.record({
    size: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 4000, max: 9000 })),
    isFlushed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const { writes, writer } = recorded();
      let body = '';
      writer.head(HEAD, true);
      for (const [index, { size, isFlushed }] of steps.entries()) {
        const text = String.fromCharCode(97 + index).repeat(size);
        body += text;
        writer.body(Buffer.from(`(${text})`, 'latin1'), 1, size + 1);
        if (isFlushed) writer.flush();
      }
      writer.end('');
      writer.flush();
      const sent = writes.join('');
      assert.ok(sent.startsWith(HEAD));
      assert.equal(decode(sent.slice(HEAD.length)), body);
    }),
  );
});

test('a message that is dropped leaves nothing for the next one', () => {
  const { writes, writer } = recorded();
  writer.head(HEAD, true);
  writer.body(Buffer.from('abc'), 0, 3);
  writer.drop();
  writer.head('NEXT', false);
  writer.end('');
  writer.flush();
  assert.deepEqual(writes, ['NEXT']);
});
