/** One of several threads that ask one limit; started by `limit-threads.test.ts`. */
import { parentPort } from 'node:worker_threads';
import { GcraTable } from '../../src/core/limits/gcra-table.ts';
import type { GcraTableHandle } from '../../src/core/limits/gcra-table.ts';
import type { PacedRate } from '../../src/core/limits/rate.ts';
import { createSeededRandom } from '../../src/core/random.ts';

export interface LimitJob {
  readonly handle: GcraTableHandle;
  readonly limit: PacedRate;
  readonly worker: number;
  readonly workers: number;
  readonly keys: number;
  /** 0: each key once, one after another. */
  readonly durationMs: number;
  /** How old a thread's time may be. */
  readonly lagMs: number;
  /** Threads that are ready. */
  readonly signals: Int32Array;
}

export interface LimitJobResult {
  readonly admitted: Uint32Array;
  readonly startedAt: number;
  readonly endedAt: number;
}

function run({ handle, limit, worker, workers, keys, durationMs, lagMs, signals }: LimitJob): LimitJobResult {
  const table = new GcraTable(handle, limit, worker);
  const random = createSeededRandom(31 * (worker + 1));
  const admitted = new Uint32Array(keys);
  const late = (): number => performance.now() - random.next() * lagMs;
  const clock = { now: late, freshNow: late };
  const ask = (key: number): void => {
    if (table.take(Math.imul(key + 1, 0x9e3779b9), 2 * key + 2, 1, clock) <= 0) admitted[key]++;
  };
  Atomics.add(signals, 0, 1);
  while (Atomics.load(signals, 0) < workers);
  const startedAt = performance.now();
  if (durationMs === 0) for (let key = 0; key < keys; key++) ask(key);
  else while (performance.now() < startedAt + durationMs) ask(Math.floor(random.next() * keys));
  return { admitted, startedAt, endedAt: performance.now() };
}

parentPort?.on('message', (job: LimitJob) => parentPort?.postMessage(run(job)));
