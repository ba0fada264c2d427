import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertApart, bytesOf } from '../../../test/support/cache-lines.ts';
import { ThreadTable, createThreadTable } from './thread-table.ts';

test('each thread of a thread table has cache lines of its own', () => {
  const handle = createThreadTable(3);
  const table = new ThreadTable(handle);
  const threads = [0, 1, 2].map((worker) =>
    bytesOf(handle.buffer, () => {
      table.beat(worker);
      table.setLoad(worker, 3, 2, 1, 1);
    }),
  );
  assertApart(threads[0], threads[1]);
  assertApart(threads[1], threads[2]);
});

test('a cleared thread leaves the figures of its neighbours as they are', () => {
  const table = new ThreadTable(createThreadTable(3));
  for (const worker of [0, 1, 2]) {
    table.beat(worker);
    table.setLoad(worker, 10 + worker, 5, 4, 0);
  }
  table.clear(1);
  assert.deepEqual(
    [0, 1, 2].map((worker) => table.connections(worker)),
    [10, 0, 12],
  );
  assert.deepEqual(
    [0, 1, 2].map((worker) => table.beats(worker)),
    [1, 0, 1],
  );
  assert.deepEqual(
    [0, 1, 2].map((worker) => table.exchanges(worker)),
    [5, 0, 5],
  );
  assert.equal(table.totalConnections(), 22);
});

test('a socket passed to a thread counts once before it arrives and once after', () => {
  const table = new ThreadTable(createThreadTable(1));
  table.setLoad(0, 2, 0, 1, 1);
  assert.deepEqual([table.connectionsAndPassed(0, 2), table.greetingsAndPassed(0, 2)], [3, 2]);
  table.setLoad(0, 3, 0, 2, 2);
  assert.deepEqual([table.connectionsAndPassed(0, 2), table.greetingsAndPassed(0, 2)], [3, 2]);
});
