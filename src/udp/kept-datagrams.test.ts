import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import type { KeptMemory } from '../core/kept-memory.ts';
import { KeptDatagrams } from './kept-datagrams.ts';

test('sixteen datagrams are kept in their order, and no more', () => {
  const kept = new KeptDatagrams(UNBOUNDED_MEMORY);
  const taken = Array.from({ length: 20 }, (_, index) => kept.add(Buffer.from([index])));
  assert.deepEqual(taken, [...Array<boolean>(16).fill(true), ...Array<boolean>(4).fill(false)]);
  assert.deepEqual(
    kept.all.map(([byte]) => byte),
    Array.from({ length: 16 }, (_, index) => index),
  );
});

test('what is kept of datagrams is counted, given back, and refused where no memory is left', () => {
  let held = 0;
  let refused = 0;
  const memory: KeptMemory = {
    take(bytes) {
      if (held + bytes > 3000) return false;
      held += bytes;
      return true;
    },
    give: (bytes) => void (held -= bytes),
    count: () => void refused++,
  };
  const kept = new KeptDatagrams(memory);
  assert.deepEqual(
    [kept.add(Buffer.alloc(1000)), kept.add(Buffer.alloc(1000)), kept.add(Buffer.alloc(1000))],
    [true, true, false],
  );
  assert.deepEqual([kept.all.length, refused], [2, 1]);
  assert.ok(held > 2000);
  kept.clear();
  kept.clear();
  assert.deepEqual([held, kept.all.length], [0, 0]);
});
