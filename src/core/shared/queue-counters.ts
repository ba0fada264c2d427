/**
 * What is counted of requests that wait for a place in a pool, a line for each worker. Who waits, the threads tell each
 * other by `admission-board.ts`, which only they load; of a thread that is gone it is forgotten here.
 */
import { float64At, int32At } from './layout.ts';
import { ADMISSION_INTS, RANK_DOUBLES } from './pool-layout.ts';
import type { PoolLayout, PoolTableHandle } from './pool-layout.ts';

/** Requests that had to wait for a place. */
export const QUEUE_WAITED = 0;
/** Of them, those that had none in time. */
export const QUEUE_TIMED_OUT = 1;
/** Those that were turned away because as many waited already. */
export const QUEUE_FULL = 2;
/** Those that gave way so that others need not wait as long. */
export const QUEUE_SHED = 3;
const QUEUE_COUNTERS = 4;

/** In the place of a rank, which is never 0. */
export const NOBODY = 0;
/** Behind the rank in a worker's line: how many endpoints are waited for there. */
export const HOMES = 1;
/** In the waiting column: threads in which somebody waits for any place … */
export const THREADS = 0;
/** … and endpoints that somebody waits for alone, of all threads. */
export const ENDPOINTS = 1;

export class QueueCounters {
  readonly #words: Int32Array;
  readonly #handle: PoolTableHandle;
  readonly #layout: PoolLayout;
  readonly #worker: number;

  constructor(handle: PoolTableHandle, layout: PoolLayout, worker: number) {
    this.#words = int32At(handle.buffer, layout.queueWords);
    this.#handle = handle;
    this.#layout = layout;
    this.#worker = worker;
  }

  /** Adds one to a counter of this thread. */
  count(counter: number): void {
    this.#words[this.#worker * ADMISSION_INTS + counter]++;
  }

  /** Over all threads. */
  total(counter: number): number {
    let sum = 0;
    for (let at = counter; at < this.#words.length; at += ADMISSION_INTS) sum += this.#words[at] >>> 0;
    return sum;
  }

  /** What a worker has counted goes to a larger table. */
  moveCounters(to: QueueCounters, worker: number): void {
    for (let counter = 0; counter < QUEUE_COUNTERS; counter++) {
      const at = worker * ADMISSION_INTS + counter;
      to.#words[at] += this.#words[at];
      this.#words[at] = 0;
    }
  }

  /** Forgets who waited in a worker that is gone. */
  clear(worker: number): void {
    const { buffer, capacity } = this.#handle;
    const waiting = int32At(buffer, this.#layout.queueWaiting);
    const { stride } = this.#layout.queueHomes;
    const homes = float64At(buffer, this.#layout.queueHomes).subarray(worker * stride, worker * stride + capacity);
    const ranks = float64At(buffer, this.#layout.queueRanks);
    const at = worker * RANK_DOUBLES;
    if (ranks[at] !== NOBODY) Atomics.sub(waiting, THREADS, 1);
    for (const home of homes) if (home !== NOBODY) Atomics.sub(waiting, ENDPOINTS, 1);
    homes.fill(NOBODY);
    ranks[at] = NOBODY;
    ranks[at + HOMES] = 0;
  }
}
