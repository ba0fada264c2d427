import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HEAD_ROOM } from '../transport.ts';
import { OWN_BYTES, readBufferOf, ReadBuffers, SCRATCH_BYTES } from './read-buffers.ts';
import type { BufferReader } from './read-buffers.ts';

class CountingReader implements BufferReader {
  freed = 0;

  onBufferFree(): void {
    this.freed += 1;
  }
}

describe('the read buffers', () => {
  test('the read buffers keep head-room in front of what a read may fill', () => {
    const buffers = new ReadBuffers(1);
    const own = buffers.take(new CountingReader())!;
    assert.equal(own.landing.length, OWN_BYTES);
    assert.equal(own.landing.byteOffset - own.bytes.byteOffset, HEAD_ROOM);
    assert.equal(buffers.scratch.landing.length, SCRATCH_BYTES);
  });

  test('the read buffers tell their own from any other Buffer', () => {
    const buffers = new ReadBuffers(1);
    assert.equal(readBufferOf(buffers.scratch.bytes), buffers.scratch);
    assert.equal(readBufferOf(Buffer.alloc(1)), undefined);
  });

  test('the read buffers hand out no more than the limit, and the one given back last first', () => {
    const buffers = new ReadBuffers(2);
    const first = buffers.take(null)!;
    const second = buffers.take(null)!;
    assert.equal(buffers.take(null), null);
    buffers.release(first);
    buffers.release(second);
    assert.equal(buffers.outCount, 0);
    assert.equal(buffers.take(null), second);
  });

  test('the read buffers tell the reader once the last of several loans has ended', () => {
    const buffers = new ReadBuffers(1);
    const reader = new CountingReader();
    const own = buffers.take(reader)!;
    own.loans = 2;
    buffers.endLoan(own);
    assert.equal(reader.freed, 0);
    buffers.endLoan(own);
    assert.equal(reader.freed, 1);
    assert.equal(buffers.outCount, 1);
  });

  test('the read buffers give a lent buffer back only when its last loan has ended, though its reader has gone', () => {
    const buffers = new ReadBuffers(1);
    const own = buffers.take(new CountingReader())!;
    own.loans = 1;
    buffers.release(own);
    assert.equal(buffers.outCount, 1);
    assert.equal(buffers.take(null), null);
    buffers.endLoan(own);
    assert.equal(buffers.outCount, 0);
    assert.equal(buffers.take(null), own);
  });

  test('the read buffers name the next landing once', () => {
    const buffers = new ReadBuffers(1);
    assert.equal(buffers.nextLanding(), undefined);
    buffers.landNext(buffers.scratch);
    assert.equal(buffers.nextLanding(), buffers.scratch.landing);
    assert.equal(buffers.nextLanding(), undefined);
  });
});
