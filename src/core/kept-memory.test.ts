import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadMemory } from './kept-memory.ts';
import {
  BLOCK_BYTES,
  MEMORY_REPLAYS,
  MemoryTable,
  USE_LOG,
  USE_REPLAY,
  USE_REQUEST,
  createMemoryTable,
} from './shared/memory-table.ts';

/** A table for two threads, and their memories. */
function shared(blocks: number): { table: MemoryTable; threads: readonly ThreadMemory[] } {
  const handle = createMemoryTable(2);
  const table = new MemoryTable(handle, 0);
  table.limitBytes = blocks * BLOCK_BYTES;
  return { table, threads: [0, 1].map((row) => new ThreadMemory(new MemoryTable(handle, row))) };
}

test('the threads together keep no more than the limit, to the block', () => {
  const { table, threads } = shared(10);
  let taken = 0;
  while (threads[taken % 2].take(BLOCK_BYTES, USE_LOG)) taken++;
  assert.equal(taken, 10);
  assert.equal(table.keptBytes, 10 * BLOCK_BYTES);
  assert.equal(threads[1].take(1, USE_LOG), false);
  threads[0].give(2 * BLOCK_BYTES);
  assert.equal(threads[1].take(BLOCK_BYTES, USE_LOG), true);
});

test('replays are refused first, then requests, then lines of the log', () => {
  const { threads } = shared(16);
  const [thread] = threads;
  const fill = (use: typeof USE_LOG | typeof USE_REPLAY | typeof USE_REQUEST): number => {
    let count = 0;
    while (thread.take(BLOCK_BYTES, use)) count++;
    return count;
  };
  assert.deepEqual([fill(USE_REPLAY), fill(USE_REQUEST), fill(USE_LOG)], [12, 2, 2]);
});

test('small ups and downs within a block touch no shared total', () => {
  const { table, threads } = shared(4);
  assert.equal(threads[0].take(100, USE_REQUEST), true);
  assert.equal(table.leasedBytes, BLOCK_BYTES);
  for (let round = 0; round < 10; round++) {
    threads[0].give(100);
    assert.equal(table.leasedBytes, BLOCK_BYTES);
    threads[0].take(100, USE_REQUEST);
  }
  assert.equal(table.keptBytes, 100);
});

test('what a thread that is gone had leased goes to the others, and what it counted stays', () => {
  const { table, threads } = shared(8);
  assert.equal(threads[0].take(6 * BLOCK_BYTES, USE_REQUEST), true);
  threads[0].count(MEMORY_REPLAYS);
  assert.equal(threads[1].take(6 * BLOCK_BYTES, USE_REQUEST), false);
  assert.equal(table.clearRow(0), 6);
  assert.deepEqual([table.leasedBytes, table.keptBytes, table.total(MEMORY_REPLAYS)], [0, 0, 1]);
  assert.equal(threads[1].take(6 * BLOCK_BYTES, USE_REQUEST), true);
});

test('a limit that is lowered takes nothing away, and refuses until enough has been given back', () => {
  const { table, threads } = shared(8);
  threads[0].take(6 * BLOCK_BYTES, USE_REQUEST);
  table.limitBytes = 2 * BLOCK_BYTES;
  assert.equal(threads[0].take(BLOCK_BYTES, USE_REQUEST), false);
  assert.equal(table.keptBytes, 6 * BLOCK_BYTES);
  threads[0].give(6 * BLOCK_BYTES);
  assert.equal(threads[0].take(BLOCK_BYTES, USE_REQUEST), true);
});
