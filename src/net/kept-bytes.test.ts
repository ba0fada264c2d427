import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptMemory } from '../core/kept-memory.ts';
import { USE_REQUEST } from '../core/shared/memory-table.ts';
import { KeptBytes } from './kept-bytes.ts';

/** Memory that adds up what was ever taken, and refuses beyond `most`. */
class CountedMemory implements KeptMemory {
  now = 0;
  ever = 0;
  most = Infinity;

  take(bytes: number): boolean {
    if (this.now + bytes > this.most) return false;
    this.now += bytes;
    this.ever += bytes;
    return true;
  }

  give(bytes: number): void {
    this.now -= bytes;
  }

  count(): void {}
}

test('bytes that are kept one by one cost what they count, and each is copied a few times at most', () => {
  const memory = new CountedMemory();
  const kept = new KeptBytes(memory, USE_REQUEST);
  const byte = Buffer.from('x');
  for (let index = 0; index < 65_536; index++) assert.equal(kept.append(byte, 0, 1), true);
  assert.equal(kept.text(0, kept.length), 'x'.repeat(65_536));
  assert.ok(kept.buffer.length < 2 * 65_536, `${kept.buffer.length} bytes are held`);
  assert.equal(memory.now, kept.buffer.length + 256);
  assert.ok(memory.ever < 5 * 65_536, `${memory.ever} bytes were copied`);
  kept.clear();
  assert.equal(memory.now, 0);
});

test('kept bytes that are used up at the front while others come at the end are not copied over and over', () => {
  const memory = new CountedMemory();
  const kept = new KeptBytes(memory, USE_REQUEST);
  kept.append(Buffer.alloc(60_000), 0, 60_000);
  const piece = Buffer.alloc(100);
  const rounds = 10_000;
  for (let round = 0; round < rounds; round++) {
    kept.start += 100;
    kept.append(piece, 0, 100);
  }
  assert.equal(kept.length, 60_000);
  assert.ok(memory.ever < 6 * rounds * 100, `${memory.ever} bytes were copied for ${rounds * 100}`);
});

test('bytes that are lent to a write stay where they are while more come', () => {
  const kept = new KeptBytes(new CountedMemory(), USE_REQUEST);
  kept.append(Buffer.from('first'), 0, 5);
  const lent = kept.buffer.subarray(kept.start, kept.end);
  kept.start = kept.end;
  for (let index = 0; index < 2000; index++) kept.append(Buffer.from('more'), 0, 4);
  assert.equal(lent.toString(), 'first');
});

test('kept bytes stay as they are where there is no memory left for more', () => {
  const memory = new CountedMemory();
  const kept = new KeptBytes(memory, USE_REQUEST);
  kept.append(Buffer.from('here'), 0, 4);
  memory.most = memory.now;
  assert.equal(kept.append(Buffer.alloc(10_000), 0, 10_000), false);
  assert.equal(kept.text(0, kept.length), 'here');
});
