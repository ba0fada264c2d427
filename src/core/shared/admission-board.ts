/**
 * What the threads tell each other about requests that wait for a place in a pool: for each thread the rank of the first
 * one there, so that a place goes to whoever has waited longest wherever that is, a word by which a thread is woken, and
 * counters. All of it is read and written only by pools that have a limit, and the ranks only while somebody waits.
 */
import type { QueueClass } from '../resilience/queue-class.ts';
import { float64At, int32At } from './layout.ts';
import { ADMISSION_INTS, RANK_DOUBLES } from './pool-layout.ts';
import type { PoolLayout } from './pool-layout.ts';

/** Requests that had to wait for a place. */
export const QUEUE_WAITED = 0;
/** Of them, those that had none in time. */
export const QUEUE_TIMED_OUT = 1;
/** Those that were turned away because as many waited already. */
export const QUEUE_FULL = 2;
/** Those that gave way so that others need not wait as long. */
export const QUEUE_SHED = 3;
export const QUEUE_COUNTERS = 4;

/** Behind the counters, in each worker's line: raised to wake it. */
const WAKE = 8;
/** A rank is not 0. */
const NOBODY = 0;
/** How far the ranks of two classes are apart. Numbers of this size still tell fractions of a millisecond. */
const CLASS_APART = 1e12;

/** Who comes first has the lowest: by class, then by the time (ms) at which it asked. */
export function rankOf(queueClass: QueueClass, askedAt: number): number {
  return queueClass * CLASS_APART + askedAt + 1;
}

export function classOf(rank: number): QueueClass {
  return Math.floor(rank / CLASS_APART) as QueueClass;
}

/** So far ahead of this thread's time another one may say that it has found something. */
const LOOK_APART_MS = 1000;

export class AdmissionBoard {
  readonly #ranks: Float64Array;
  readonly #words: Int32Array;
  /** At index 0: threads in which somebody waits. */
  readonly #waiting: Int32Array;
  /** At index 0: when a thread last found that the queues stand, in whole ms; 0: never. */
  readonly #overload: Int32Array;
  readonly #worker: number;
  readonly #workers: number;

  constructor(buffer: SharedArrayBuffer, layout: PoolLayout, worker: number, workers: number) {
    this.#ranks = float64At(buffer, layout.queueRanks);
    this.#words = int32At(buffer, layout.queueWords);
    this.#waiting = int32At(buffer, layout.queueWaiting);
    this.#overload = int32At(buffer, layout.queueOverload);
    this.#worker = worker;
    this.#workers = workers;
  }

  /** The rank of the first one that waits in this thread; Infinity: nobody does. */
  publish(rank: number): void {
    const at = this.#worker * RANK_DOUBLES;
    const next = rank === Infinity ? NOBODY : rank;
    const before = this.#ranks[at];
    if (before === next) return;
    // The count first: where a thread is ended between the two, the rank tells what it had counted.
    if (before === NOBODY) Atomics.add(this.#waiting, 0, 1);
    else if (next === NOBODY) Atomics.sub(this.#waiting, 0, 1);
    this.#ranks[at] = next;
  }

  /** Whether somebody waits in any thread. */
  get isAnyoneWaiting(): boolean {
    return this.#waiting[0] > 0;
  }

  /**
   * The other thread whose first one comes before this rank, and before those of all others; -1: none. A thread whose
   * first one has the rank that `absent` has for it is left out.
   */
  firstElsewhere(rank: number, absent: readonly number[]): number {
    const own = this.#ranks[this.#worker * RANK_DOUBLES] === NOBODY ? 0 : 1;
    let best = rank;
    let found = -1;
    if (this.#waiting[0] <= own) return found;
    for (let worker = 0; worker < this.#workers; worker++) {
      const other = this.#ranks[worker * RANK_DOUBLES];
      if (other === NOBODY || other >= best || other === absent[worker] || worker === this.#worker) continue;
      best = other;
      found = worker;
    }
    return found;
  }

  /** The rank of the first one of a thread, 0: nobody. */
  rankAt(worker: number): number {
    return this.#ranks[worker * RANK_DOUBLES];
  }

  wake(worker: number): void {
    const at = worker * ADMISSION_INTS + WAKE;
    Atomics.add(this.#words, at, 1);
    Atomics.notify(this.#words, at);
  }

  /** Resolves when this thread is woken. Keeps nothing alive. */
  async woken(): Promise<void> {
    const at = this.#worker * ADMISSION_INTS + WAKE;
    await Atomics.waitAsync(this.#words, at, Atomics.load(this.#words, at)).value;
  }

  /** Tells all threads that the queues stand at this time, ms. */
  stands(now: number): void {
    Atomics.store(this.#overload, 0, now | 1);
  }

  /** Whether a thread has found within the last `ms` that the queues stand. */
  hasStood(now: number, ms: number): boolean {
    const at = this.#overload[0];
    // Clocks of threads are apart by less than a look; the whole ms begin anew after 25 days.
    const age = (now - at) | 0;
    return at !== 0 && age <= ms && age >= -LOOK_APART_MS;
  }

  /** Adds one to a counter of this thread. */
  count(counter: number): void {
    this.#words[this.#worker * ADMISSION_INTS + counter]++;
  }

  /** Over all threads. */
  total(counter: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.#workers; worker++) sum += this.#words[worker * ADMISSION_INTS + counter] >>> 0;
    return sum;
  }

  /** What a worker has counted goes to a larger table. */
  moveCounters(to: AdmissionBoard, worker: number): void {
    for (let counter = 0; counter < QUEUE_COUNTERS; counter++) {
      const at = worker * ADMISSION_INTS + counter;
      to.#words[at] += this.#words[at];
      this.#words[at] = 0;
    }
  }

  /** Forgets what waited in a worker that is gone. */
  clear(worker: number): void {
    const at = worker * RANK_DOUBLES;
    if (this.#ranks[at] === NOBODY) return;
    this.#ranks[at] = NOBODY;
    Atomics.sub(this.#waiting, 0, 1);
  }
}
