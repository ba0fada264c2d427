import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { CHUNK_END, chunkHead, lastChunk } from './chunk-encoder.ts';

describe('the chunk encoder', () => {
  it('the chunk encoder writes sizes in hex digits', () => {
    assert.equal(chunkHead(1), '1\r\n');
    assert.equal(chunkHead(255), 'ff\r\n');
    assert.equal(chunkHead(131072), '20000\r\n');
  });

  it('the chunk encoder ends a body with or without trailers', () => {
    assert.equal(lastChunk(''), '0\r\n\r\n');
    assert.equal(lastChunk('X: y\r\n'), '0\r\nX: y\r\n\r\n');
  });

  it('the chunk encoder writes what the decoder reads', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 });
    const trailers = fc.constantFrom('', 'X: y\r\n', 'A:\r\nB: \xe9\r\n');
    fc.assert(
      fc.property(bodies, trailers, fc.nat(400), (chunks, lines, cut) => {
        const parts = chunks.flatMap((chunk) => [Buffer.from(chunkHead(chunk.length)), chunk, Buffer.from(CHUNK_END)]);
        const wire = Buffer.concat([...parts, Buffer.from(lastChunk(lines), 'latin1'), Buffer.from('next')]);
        const got: Buffer[] = [];
        const sink = {
          onChunkData: (buffer: Buffer, start: number, end: number): void =>
            void got.push(Buffer.from(buffer.subarray(start, end))),
        };
        const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
        const middle = Math.min(cut, wire.length - 4);
        let at = decoder.decode(wire, 0, middle, sink);
        if (!decoder.done) at = decoder.decode(wire, middle, wire.length, sink);
        assert.equal(decoder.done, true);
        assert.equal(at, wire.length - 4);
        assert.equal(decoder.trailers, lines);
        assert.deepEqual(Buffer.concat(got), Buffer.concat(chunks));
      }),
    );
  });
});
