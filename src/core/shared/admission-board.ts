/**
 * What the threads tell each other about requests that wait for a place in a pool: for each thread the rank of the first
 * one there, so that a place goes to whoever has waited longest wherever that is, and a word by which a thread is woken.
 * Those that wait for one endpoint alone, their home, have ranks by endpoint. All of it is read and written only by pools
 * that have a limit, and the ranks only while somebody waits.
 */
import { float64At, int32At } from './layout.ts';
import { ADMISSION_INTS, RANK_DOUBLES, poolLayout } from './pool-layout.ts';
import type { PoolTableHandle } from './pool-layout.ts';
import { ENDPOINTS, HOMES, NOBODY, THREADS } from './queue-counters.ts';

/** Behind the counters, in each worker's line: raised to wake it. */
const WAKE = 8;
/** Behind the rank and `HOMES`, in each worker's line: another number whenever one of its ranks is another one. */
const STAMP = 2;
/** So far ahead of this thread's time another one may say that it has found something. */
const LOOK_APART_MS = 1000;

export class AdmissionBoard {
  readonly #ranks: Float64Array;
  readonly #words: Int32Array;
  /** At index 0: threads in which somebody waits for any place; at index 1: endpoints that are waited for, of all threads. */
  readonly #waiting: Int32Array;
  readonly #homes: Float64Array;
  readonly #homesStride: number;
  readonly #capacity: number;
  /** At index 0: when a thread last found that the queues stand, in whole ms; 0: never. */
  readonly #overload: Int32Array;
  readonly #worker: number;
  readonly #workers: number;

  /** `worker`: the calling thread's worker slot. */
  constructor(handle: PoolTableHandle, worker: number) {
    const { buffer, capacity, workerSlots } = handle;
    const layout = poolLayout(handle);
    this.#ranks = float64At(buffer, layout.queueRanks);
    this.#words = int32At(buffer, layout.queueWords);
    this.#waiting = int32At(buffer, layout.queueWaiting);
    this.#overload = int32At(buffer, layout.queueOverload);
    this.#homes = float64At(buffer, layout.queueHomes);
    this.#homesStride = layout.queueHomes.stride;
    this.#capacity = capacity;
    this.#worker = worker;
    this.#workers = workerSlots;
  }

  /** The rank of the first one that waits in this thread for any place; Infinity: nobody does. */
  publish(rank: number): void {
    const at = this.#worker * RANK_DOUBLES;
    this.#set(this.#ranks, at, rank === Infinity ? NOBODY : rank, THREADS);
  }

  /** The rank of the first one that waits in this thread for the endpoint of this slot and no other. */
  publishHome(slot: number, rank: number): void {
    const next = rank === Infinity ? NOBODY : rank;
    const before = this.#set(this.#homes, this.#homeAt(this.#worker, slot), next, ENDPOINTS);
    this.#ranks[this.#worker * RANK_DOUBLES + HOMES] += Number(next !== NOBODY) - Number(before !== NOBODY);
  }

  /** Returns what was there before. */
  #set(ranks: Float64Array, at: number, next: number, counted: number): number {
    const before = ranks[at];
    if (before === next) return before;
    // The count first: where a thread is ended between the two, the rank tells what it had counted.
    if (before === NOBODY) Atomics.add(this.#waiting, counted, 1);
    else if (next === NOBODY) Atomics.sub(this.#waiting, counted, 1);
    ranks[at] = next;
    this.#ranks[this.#worker * RANK_DOUBLES + STAMP]++;
    return before;
  }

  #homeAt(worker: number, slot: number): number {
    return worker * this.#homesStride + slot;
  }

  /** Whether somebody waits in any thread. */
  get isAnyoneWaiting(): boolean {
    return this.#waiting[THREADS] > 0 || this.#waiting[ENDPOINTS] > 0;
  }

  /** Whether somebody waits for one endpoint alone, in any thread. */
  get isAnyHomeAwaited(): boolean {
    return this.#waiting[ENDPOINTS] > 0;
  }

  /**
   * The other thread whose first one comes before this rank, and before those of all others; -1: none. A thread is left
   * out while its stamp is the one that `absent` has for it.
   */
  firstElsewhere(rank: number, absent: readonly number[]): number {
    const own = this.#ranks[this.#worker * RANK_DOUBLES] === NOBODY ? 0 : 1;
    let best = rank;
    let found = -1;
    if (this.#waiting[THREADS] <= own) return found;
    for (let worker = 0; worker < this.#workers; worker++) {
      const other = this.#ranks[worker * RANK_DOUBLES];
      if (other === NOBODY || other >= best || worker === this.#worker || this.#isAbsent(worker, absent)) continue;
      best = other;
      found = worker;
    }
    return found;
  }

  /** The same of those that wait for one endpoint alone, where `hasPlace` says that it has one. */
  firstHomeElsewhere(rank: number, absent: readonly number[], hasPlace: (slot: number) => boolean): number {
    let best = rank;
    let found = -1;
    if (!this.isAnyHomeAwaited) return found;
    for (let worker = 0; worker < this.#workers; worker++) {
      if (worker === this.#worker || this.#ranks[worker * RANK_DOUBLES + HOMES] === 0) continue;
      if (this.#isAbsent(worker, absent)) continue;
      for (let slot = 0; slot < this.#capacity; slot++) {
        const other = this.#homes[this.#homeAt(worker, slot)];
        if (other === NOBODY || other >= best || !hasPlace(slot)) continue;
        best = other;
        found = worker;
      }
    }
    return found;
  }

  /** Whether somebody waits in another thread for the endpoint of this slot alone, and comes before this rank. */
  isHomeAwaited(slot: number, rank: number, absent: readonly number[]): boolean {
    if (!this.isAnyHomeAwaited) return false;
    for (let worker = 0; worker < this.#workers; worker++) {
      const other = this.#homes[this.#homeAt(worker, slot)];
      if (other === NOBODY || other >= rank || worker === this.#worker) continue;
      if (!this.#isAbsent(worker, absent)) return true;
    }
    return false;
  }

  #isAbsent(worker: number, absent: readonly number[]): boolean {
    return this.stampOf(worker) === absent[worker];
  }

  /** Another number whenever another request of that thread is the first to wait. */
  stampOf(worker: number): number {
    return this.#ranks[worker * RANK_DOUBLES + STAMP];
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
}
