/** Ledgers with real threads, ended by force in the middle of their work. This file is its own worker. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { createSeededRandom } from '../random.ts';
import { COUNT_MASK, PoolTable, createPoolTable } from './pool-table.ts';
import type { PoolTableHandle } from './pool-table.ts';

const SLOTS = 8;
const HELD = 20;

interface Job {
  readonly handle: PoolTableHandle;
  readonly worker: number;
  /** Rounds of work done, per worker. */
  readonly progress: Int32Array;
}

/** Takes and gives back places without end, always holding some, and is refused often. */
function work({ handle, worker, progress }: Job): void {
  const table = new PoolTable(handle, worker);
  const random = createSeededRandom(worker + 1);
  const held = new Int32Array(HELD).fill(-1);
  const isOpen = new Uint8Array(HELD);
  const isIdle = new Uint8Array(HELD);
  for (let at = 0; ; at = (at + 1) % HELD) {
    const before = held[at];
    if (isIdle[at] === 1) table.leaveIdle(before);
    if (isOpen[at] === 1) table.closed(before);
    if (before >= 0) table.release(before);
    const slot = Math.floor(random.next() * SLOTS);
    table.acquire(slot);
    isOpen[at] = table.tryOpen(slot, at % 4 === 0 ? 0 : 3) ? 1 : 0;
    isIdle[at] = table.tryIdle(slot, at % 2 === 0 ? 0 : 2) ? 1 : 0;
    held[at] = slot;
    Atomics.add(progress, worker, 1);
  }
}

async function reach(progress: Int32Array, worker: number, rounds: number): Promise<void> {
  while (Atomics.load(progress, worker) < rounds) await new Promise(setImmediate);
}

async function end(thread: Worker): Promise<void> {
  const exit = once(thread, 'exit');
  await thread.terminate();
  await exit;
}

function start(job: Job): Worker {
  return new Worker(new URL(import.meta.url), { workerData: job });
}

function totals(table: PoolTable): number[] {
  return [table.inflight, table.connections, table.idlePlaces].map((column) =>
    column.subarray(0, SLOTS).reduce((sum, count) => sum + (count & COUNT_MASK), 0),
  );
}

if (!isMainThread) work(workerData as Job);
else {
  describe('the ledgers of ended threads', () => {
    it('the ledgers of ended threads bring every total back to 0, wherever in its work a thread was ended', async () => {
      const handle = createPoolTable(SLOTS, 2);
      const control = new PoolTable(handle, 0);
      const progress = new Int32Array(new SharedArrayBuffer(8));
      // From the first rounds, still interpreted, to where the optimizing compiler has been at it.
      for (const rounds of [1, 30, 300, 3000, 20_000, 50_000, 100_000, 300_000]) {
        Atomics.store(progress, 1, 0);
        const thread = start({ handle, worker: 1, progress });
        await reach(progress, 1, rounds);
        await end(thread);
        for (let slot = 0; slot < SLOTS; slot++) assert.equal(control.drift(slot), 0, `after ${rounds} rounds`);
        const held = totals(control).reduce((sum, count) => sum + count);
        assert.equal(control.clearLedger(1), held);
        assert.deepEqual(totals(control), [0, 0, 0], `after ${rounds} rounds`);
      }
    });

    it('the ledgers of ended threads take nothing from threads that go on working', async () => {
      const handle = createPoolTable(SLOTS, 4);
      const control = new PoolTable(handle, 0);
      const progress = new Int32Array(new SharedArrayBuffer(16));
      const threads = [1, 2, 3].map((worker) => start({ handle, worker, progress }));
      for (const worker of [1, 2, 3]) await reach(progress, worker, 1000);
      for (const worker of [1, 2, 3]) {
        await end(threads[worker - 1]);
        control.clearLedger(worker);
        for (const other of [1, 2, 3]) {
          if (other > worker) await reach(progress, other, Atomics.load(progress, other) + 1000);
        }
      }
      assert.deepEqual(totals(control), [0, 0, 0]);
      for (let slot = 0; slot < SLOTS; slot++) assert.equal(control.drift(slot), 0);
    });
  });
}
