/** One of several threads that hold and give back; started by `count-threads.test.ts`, and ended in the midst. */
import { parentPort } from 'node:worker_threads';
import { CountTable } from '../../src/core/limits/count-table.ts';
import type { CountTableHandle } from '../../src/core/limits/count-table.ts';
import { createSeededRandom } from '../../src/core/random.ts';

export interface CountJob {
  readonly handle: CountTableHandle;
  readonly worker: number;
  readonly keys: number;
  readonly max: number;
  /** Index 0: how often a key had more than `max`. Index 1: it is to end. */
  readonly signals: Int32Array;
  /** What all threads hold of each key: added behind what the table counts, and taken off before. */
  readonly own: Int32Array;
}

function run({ handle, worker, keys, max, signals, own }: CountJob): void {
  const table = new CountTable(handle, worker);
  const random = createSeededRandom(77 * (worker + 1));
  while (Atomics.load(signals, 1) === 0) {
    const key = Math.floor(random.next() * keys);
    const at = table.take(Math.imul(key + 1, 0x9e3779b9), key, max);
    if (at < 0) continue;
    if (Atomics.add(own, key, 1) >= max) Atomics.add(signals, 0, 1);
    Atomics.sub(own, key, 1);
    table.release(at);
  }
}

parentPort?.on('message', (job: CountJob) => {
  run(job);
  parentPort?.postMessage('done');
});
