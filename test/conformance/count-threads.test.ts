/** One limit of concurrency that several threads hold at the same time, some of which end at any moment. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pass } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CountTable, FULL, createCountTable } from '../../src/core/limits/count-table.ts';
import type { CountJob } from './count-worker.ts';

const THREADS = 4;
const KEYS = 6;
const MAX = 2;
const ENDED = 12;

class Crew {
  readonly signals = new Int32Array(new SharedArrayBuffer(8));
  readonly table: CountTable;
  readonly #own = new Int32Array(new SharedArrayBuffer(4 * KEYS));
  readonly #workers: Worker[];

  constructor() {
    this.table = new CountTable(createCountTable(64, THREADS), 0);
    this.#workers = Array.from({ length: THREADS }, (_none, worker) => this.#spawn(worker));
  }

  #spawn(worker: number): Worker {
    const { signals, table } = this;
    const thread = new Worker(new URL('./count-worker.ts', import.meta.url));
    thread.postMessage({
      handle: table.handle,
      worker,
      keys: KEYS,
      max: MAX,
      signals,
      own: this.#own,
    } satisfies CountJob);
    return thread;
  }

  /** At whatever it does; another one takes its place. */
  async replace(worker: number): Promise<void> {
    await this.#workers[worker].terminate();
    this.table.clearLedger(worker);
    this.#workers[worker] = this.#spawn(worker);
  }

  /** When all have given back what they hold. */
  async end(): Promise<void> {
    const done = this.#workers.map((worker) => once(worker, 'message'));
    Atomics.store(this.signals, 1, 1);
    await Promise.all(done);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

describe('a limit of concurrency of four threads', () => {
  it('a limit of concurrency of four threads is never exceeded, and nothing of it is left behind', async () => {
    const crew = new Crew();
    await pass(1000);
    await crew.end();
    assert.deepEqual([crew.signals[0], crew.table.held], [0, 0]);
  });

  it('a limit of concurrency of four threads forgets what threads held that were ended at any moment', async () => {
    const crew = new Crew();
    for (let round = 0; round < ENDED; round++) {
      await pass(30 + ((round * 17) % 40));
      // The first thread stays.
      await crew.replace(1 + (round % (THREADS - 1)));
    }
    await pass(100);
    await crew.end();
    // Between a count and the ledger there is one moment in which a thread may end.
    assert.ok(crew.table.held <= 1, `${crew.table.held} are held by nobody`);
    for (let key = 100; key < 140; key++) assert.notEqual(crew.table.take(key, key, 1), FULL);
  });
});
