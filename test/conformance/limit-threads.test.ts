/** One limit that several threads ask at the same time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { GcraTable, RATE_EVICTED, RATE_INSERTS, createGcraTable } from '../../src/core/limits/gcra-table.ts';
import { perMs } from '../../src/core/limits/rate.ts';
import type { PacedRate } from '../../src/core/limits/rate.ts';
import type { LimitJob, LimitJobResult } from './limit-worker.ts';

const THREADS = 4;

describe('a limit of four threads', () => {
  const threads: Worker[] = [];
  before(() => {
    for (let thread = 0; thread < THREADS; thread++)
      threads.push(new Worker(new URL('./limit-worker.ts', import.meta.url)));
  });
  after(() => Promise.all(threads.map((thread) => thread.terminate())));

  async function run(job: Pick<LimitJob, 'handle' | 'limit' | 'keys' | 'durationMs' | 'lagMs'>) {
    const signals = new Int32Array(new SharedArrayBuffer(4));
    const results = threads.map(async (thread, worker): Promise<LimitJobResult> => {
      const answer = once(thread, 'message');
      thread.postMessage({ ...job, worker, workers: THREADS, signals } satisfies LimitJob);
      const [result] = await answer;
      return result as LimitJobResult;
    });
    return Promise.all(results);
  }

  it('a limit of four threads whose clocks are up to 20 ms late lets nobody have more than burst and rate give', async () => {
    const limit: PacedRate = { rate: { count: 20_000, periodMs: 1000 }, burst: 50, waitMs: 0 };
    const handle = createGcraTable(256, THREADS);
    const keys = 8;
    const results = await run({ handle, limit, keys, durationMs: 700, lagMs: 20 });
    const ms = Math.max(...results.map(({ endedAt }) => endedAt)) - Math.min(...results.map((each) => each.startedAt));
    for (let key = 0; key < keys; key++) {
      const admitted = results.reduce((sum, each) => sum + each.admitted[key], 0);
      // The first may have come by a clock that was late.
      const most = limit.burst + perMs(limit.rate) * (ms + 20) + 1;
      assert.ok(admitted <= most, `key ${key}: ${admitted} of ${most}`);
      assert.ok(admitted >= limit.burst, `key ${key}: ${admitted}`);
    }
    assert.equal(new GcraTable(handle, limit, 0).total(RATE_INSERTS), keys);
  });

  it('a limit of four threads lets exactly one burst of each new key pass, whoever comes first', async () => {
    const limit: PacedRate = { rate: { count: 1, periodMs: 86_400_000 }, burst: 2, waitMs: 0 };
    const keys = 50_000;
    const handle = createGcraTable(2 * keys, THREADS);
    const results = await run({ handle, limit, keys, durationMs: 0, lagMs: 0 });
    const wrong = new Map<number, number>();
    for (let key = 0; key < keys; key++) {
      const admitted = results.reduce((sum, each) => sum + each.admitted[key], 0);
      if (admitted !== limit.burst) wrong.set(admitted, (wrong.get(admitted) ?? 0) + 1);
    }
    const table = new GcraTable(handle, limit, 0);
    assert.equal(table.total(RATE_EVICTED), 0, 'nobody was forgotten');
    assert.deepEqual([...wrong], []);
    assert.equal(table.total(RATE_INSERTS), keys);
  });
});
