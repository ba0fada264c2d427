/** What the threads share about requests that wait for their pool: how many there are, and how many may be let go. */
import { int32At } from './layout.ts';
import { HOLD_ANSWERED, HOLD_PERMITS } from './pool-layout.ts';
import type { PoolLayout } from './pool-layout.ts';

export class HeldRequests {
  readonly #words: Int32Array;
  /** Of each worker those that are held, and behind them of each those that wait for a place. */
  readonly #counts: Int32Array;
  readonly #workers: number;
  readonly #worker: number;

  constructor(buffer: SharedArrayBuffer, layout: PoolLayout, worker: number) {
    this.#words = int32At(buffer, layout.hold);
    this.#counts = int32At(buffer, layout.held);
    this.#workers = this.#counts.length / 2;
    this.#worker = worker;
  }

  /** One more is held, unless in all threads together `max` wait; two at the same moment may pass that by one. */
  enter(max: number): boolean {
    return this.#enter(this.#worker, max);
  }

  leave(): void {
    this.#counts[this.#worker]--;
  }

  /** The same for one that waits for a place. */
  enterQueue(max: number): boolean {
    return this.#enter(this.#workers + this.#worker, max);
  }

  leaveQueue(): void {
    this.#counts[this.#workers + this.#worker]--;
  }

  /** Whether fewer than `max` wait in all threads together. */
  hasRoom(max: number): boolean {
    return this.count + this.queued < max;
  }

  #enter(at: number, max: number): boolean {
    if (!this.hasRoom(max)) return false;
    this.#counts[at]++;
    return true;
  }

  /** How many are held, over all threads. */
  get count(): number {
    return this.#sum(0);
  }

  /** How many wait for a place, over all threads. */
  get queued(): number {
    return this.#sum(this.#workers);
  }

  #sum(from: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.#workers; worker++) sum += this.#counts[from + worker];
    return sum;
  }

  /** So many more may be let go. */
  permit(count: number): void {
    Atomics.add(this.#words, HOLD_PERMITS, count);
  }

  resetPermits(count: number): void {
    if (this.#words[HOLD_PERMITS] !== count) Atomics.store(this.#words, HOLD_PERMITS, count);
  }

  /** True: one may be let go by this thread. */
  takePermit(): boolean {
    for (;;) {
      const permits = Atomics.load(this.#words, HOLD_PERMITS);
      if (permits <= 0) return false;
      if (Atomics.compareExchange(this.#words, HOLD_PERMITS, permits, permits - 1) === permits) return true;
    }
  }

  /** When an endpoint of the pool last answered, in seconds since 1970, to within a second or two; 0: never. */
  get answeredAt(): number {
    return this.#words[HOLD_ANSWERED];
  }

  /** An endpoint of the pool has answered, at this time of the wall's clock, ms. */
  poolAnswered(wallTime: number): void {
    Atomics.store(this.#words, HOLD_ANSWERED, Math.floor(wallTime / 1000));
  }

  /** The worker is gone, and with it those that it held. */
  clear(worker: number): void {
    this.#counts[worker] = 0;
    this.#counts[this.#workers + worker] = 0;
  }

  /** Takes over from a smaller table; each worker moves its own count. */
  succeed(from: HeldRequests): void {
    this.#words.set(from.#words);
  }
}
