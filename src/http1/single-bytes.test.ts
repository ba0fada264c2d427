/** What a sender of single bytes makes us keep: as much as it has sent, and not a string of strings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usedBytes } from '../../test/support/used-bytes.ts';
import { ThreadMemory, UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { BLOCK_BYTES, MemoryTable, createMemoryTable } from '../core/shared/memory-table.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { HeadReader } from './head-reader.ts';

const SINK = { onChunkData() {} };
const READERS = 20;

function bytesOf(text: string): readonly Buffer[] {
  return Array.from(text, (character) => Buffer.from(character, 'latin1'));
}

/** Heap used more after `run`, for each of what it makes. */
function cost(run: () => readonly unknown[]): number {
  run();
  const before = usedBytes();
  const made = run();
  const grown = usedBytes() - before;
  return grown / made.length;
}

test('a part of a head that came in single bytes costs about what it counts', () => {
  const pieces = bytesOf(`GET / HTTP/1.1\r\nX: ${'a'.repeat(16_000)}`);
  const perReader = cost(() =>
    Array.from({ length: READERS }, () => {
      const reader = new HeadReader(UNBOUNDED_MEMORY);
      for (const piece of pieces) reader.read(piece, 0, 1, 16_384);
      assert.equal(reader.partialLength, pieces.length);
      return reader;
    }),
  );
  assert.ok(perReader < 4 * pieces.length, `${perReader} bytes for ${pieces.length}`);
});

test('trailers that came in single bytes cost about what they count', () => {
  const pieces = bytesOf(`0\r\nx: ${'a'.repeat(8000)}`);
  const perDecoder = cost(() =>
    Array.from({ length: READERS }, () => {
      const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
      for (const piece of pieces) decoder.decode(piece, 0, 1, SINK);
      assert.equal(decoder.failed, null);
      return decoder;
    }),
  );
  assert.ok(perDecoder < 4 * pieces.length, `${perDecoder} bytes for ${pieces.length}`);
});

test('where there is no memory a head that comes in parts is refused, and so are trailers', () => {
  const table = new MemoryTable(createMemoryTable(1), 0);
  table.limitBytes = BLOCK_BYTES;
  const memory = new ThreadMemory(table);
  const reader = new HeadReader(memory);
  const part = Buffer.from('GET / HT');
  assert.equal(reader.read(part, 0, part.length, 16_384), -1);
  assert.equal(reader.isRefused, true);
  const decoder = new ChunkDecoder(memory);
  const whole = Buffer.from('1\r\nx\r\n0\r\n\r\n');
  assert.equal(decoder.decode(whole, 0, whole.length, SINK), whole.length);
  assert.equal(decoder.done, true);
  decoder.reset();
  const trailers = Buffer.from('0\r\nx: y\r\n\r\n');
  decoder.decode(trailers, 0, trailers.length, SINK);
  assert.equal(decoder.failed, 'memory');
  assert.equal(table.keptBytes, 0);
});
