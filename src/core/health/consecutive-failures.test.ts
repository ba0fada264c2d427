/** Counting by one thread and by four; this file is its own worker. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { PoolTable, createPoolTable } from '../shared/pool-table.ts';
import type { PoolTableHandle } from '../shared/pool-table.ts';
import { clearFailures, failuresInARow, recordFailure, recordSuccess } from './consecutive-failures.ts';
import type { Evidence } from './evidence.ts';

function failTimes(table: PoolTable, slot: number, times: number, threshold: number): boolean[] {
  return Array.from({ length: times }, () => recordFailure(table.failures, slot, threshold, 'reset') !== null);
}

function failOf(table: PoolTable, threshold: number, kinds: readonly Evidence[]): (Evidence | null)[] {
  return kinds.map((kind) => recordFailure(table.failures, 0, threshold, kind));
}

const THREADS = 4;
const FAILURES = 25_000;

interface Job {
  readonly handle: PoolTableHandle;
  readonly worker: number;
  readonly ready: Int32Array;
}

/** Fails as fast as it can together with the other threads; answers how many reports it made. */
function failTogether({ handle, worker, ready }: Job): number {
  const table = new PoolTable(handle, worker);
  let reports = 0;
  Atomics.add(ready, 0, 1);
  while (Atomics.load(ready, 0) < THREADS);
  for (let failure = 0; failure < FAILURES; failure++)
    if (recordFailure(table.failures, 0, 5, 'status') !== null) reports++;
  return reports;
}

if (isMainThread) describeCounting();
else parentPort?.postMessage(failTogether(workerData as Job));

function describeCounting(): void {
  describe('the count of consecutive failures', () => {
    it('the count of consecutive failures reports the failure that completes the threshold, and no other', () => {
      const table = new PoolTable(createPoolTable(2, 1), 0);
      assert.deepEqual(failTimes(table, 1, 5, 5), [false, false, false, false, true]);
      assert.equal(table.failures[0], 0);
    });

    it('the count of consecutive failures reports again after as many more', () => {
      const table = new PoolTable(createPoolTable(1, 1), 0);
      assert.deepEqual(failTimes(table, 0, 7, 3), [false, false, true, false, false, true, false]);
    });

    it('the count of consecutive failures begins anew after a success, and after a return', () => {
      const table = new PoolTable(createPoolTable(1, 1), 0);
      failTimes(table, 0, 2, 3);
      recordSuccess(table.failures, 0);
      assert.deepEqual(failTimes(table, 0, 2, 3), [false, false]);
      clearFailures(table.failures, 0);
      assert.deepEqual(failTimes(table, 0, 3, 3), [false, false, true]);
    });

    it('the count of consecutive failures says the strictest kind among those that completed it, and forgets those before', () => {
      const table = new PoolTable(createPoolTable(1, 1), 0);
      assert.deepEqual(failOf(table, 3, ['connect', 'reset', 'timeout']), [null, null, 'reset']);
      assert.deepEqual(failOf(table, 3, ['connect', 'connect', 'connect']), [null, null, 'connect']);
      const mildestFirst: readonly Evidence[] = ['connect', 'timeout', 'silent', 'status', 'reset', 'protocol'];
      for (const [index, strictest] of mildestFirst.entries()) {
        clearFailures(table.failures, 0);
        const kinds = mildestFirst.slice(0, index + 1).toReversed();
        assert.equal(failOf(table, kinds.length, kinds).at(-1), strictest);
      }
      clearFailures(table.failures, 0);
      assert.deepEqual(failOf(table, 2, ['protocol']), [null]);
      recordSuccess(table.failures, 0);
      assert.deepEqual(failOf(table, 2, ['connect', 'timeout']), [null, 'timeout']);
    });

    it('the count of consecutive failures counts and reports nothing with a threshold of 0', () => {
      const table = new PoolTable(createPoolTable(1, 1), 0);
      assert.deepEqual(failTimes(table, 0, 3, 0), [false, false, false]);
      assert.equal(failuresInARow(table.failures, 0), 3);
    });

    it('the count of consecutive failures reports each full threshold once, with four threads failing at the same time', async () => {
      const handle = createPoolTable(1, THREADS);
      const ready = new Int32Array(new SharedArrayBuffer(4));
      const reports = await Promise.all(
        Array.from({ length: THREADS }, async (_, worker) => {
          const thread = new Worker(new URL(import.meta.url), { workerData: { handle, worker, ready } satisfies Job });
          const [count] = await once(thread, 'message');
          return count as number;
        }),
      );
      assert.equal(failuresInARow(new PoolTable(handle, 0).failures, 0), THREADS * FAILURES);
      assert.equal(
        reports.reduce((sum, count) => sum + count),
        (THREADS * FAILURES) / 5,
      );
    });
  });
}
