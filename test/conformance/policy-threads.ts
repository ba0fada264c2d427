/** Four threads that pick from one pool at the same time, for the suites of policies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { PolicySpec } from '../../src/core/snapshot.ts';
import { COUNT_MASK, PoolTable, createPoolTable } from '../../src/core/shared/pool-table.ts';
import type { PolicyJob, PolicyJobResult } from './policy-worker.ts';

export const THREADS = 4;

export interface ThreadsRun {
  readonly weights: readonly number[];
  /** Of each thread; infinite: until `watch` has ended the last phase. */
  readonly picks: number;
  readonly held: number;
  prepare?(table: PoolTable): void;
  watch?(table: PoolTable, signals: Int32Array): Promise<void>;
}

export class PolicyThreads {
  readonly #policy: PolicySpec;
  readonly #threads: Worker[] = [];

  /** Within a `describe`: the threads begin and end with it. */
  constructor(policy: PolicySpec) {
    this.#policy = policy;
    before(() => {
      for (let thread = 0; thread < THREADS; thread++)
        this.#threads.push(new Worker(new URL('./policy-worker.ts', import.meta.url)));
    });
    after(async () => {
      await Promise.all(this.#threads.map((thread) => thread.terminate()));
    });
  }

  /** Lets all threads pick from one pool at the same time; all that they took is given back. */
  async run(run: ThreadsRun): Promise<readonly PolicyJobResult[]> {
    const { weights } = run;
    const handle = createPoolTable(weights.length, THREADS);
    const table = new PoolTable(handle, 0);
    const signals = new Int32Array(new SharedArrayBuffer(4 * (2 + THREADS)));
    run.prepare?.(table);
    const slots = weights.map((_, index) => index);
    const { picks, held } = run;
    const policy = this.#policy;
    const answers = this.#threads.map((thread, worker) =>
      ask(thread, {
        policy,
        handle,
        worker,
        workers: THREADS,
        slots,
        weights,
        seed: 31 * (worker + 1),
        picks,
        held,
        signals,
      }),
    );
    await run.watch?.(table, signals);
    const results = await Promise.all(answers);
    for (const slot of slots) {
      assert.equal(table.inflight[slot] & COUNT_MASK, 0, `in flight at ${slot}`);
      assert.equal(table.drift(slot), 0);
    }
    return results;
  }
}

async function ask(thread: Worker, job: PolicyJob): Promise<PolicyJobResult> {
  const answer = once(thread, 'message');
  thread.postMessage(job);
  const [result] = await answer;
  return result as PolicyJobResult;
}

export function sum(counts: readonly Float64Array[]): Float64Array {
  return counts.reduce((total, each) => total.map((count, index) => count + each[index]));
}

/** Waits until each thread has made so many more picks. */
export async function picked(signals: Int32Array, picks: number): Promise<void> {
  for (let worker = 0; worker < THREADS; worker++) {
    const goal = Atomics.load(signals, 2 + worker) + picks;
    while (Atomics.load(signals, 2 + worker) < goal) await new Promise(setImmediate);
  }
}
