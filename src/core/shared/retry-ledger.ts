/** What a pool's retry budget goes by: requests and retries of the last seconds, over all threads. */
import { BUDGET_SECONDS, RECENT_STRIDE, RETRY_BUCKETS } from './pool-layout.ts';

/** A word of retries holds its second, cut short, above the count. */
const COUNT_BITS = 20;
const COUNT_MASK = (1 << COUNT_BITS) - 1;
const STAMP_MASK = (1 << (32 - COUNT_BITS)) - 1;

export class RetryLedger {
  /** Retries of a second, by all threads. */
  readonly #retried: Int32Array;
  /** Requests lately, a line for each worker. */
  readonly #recent: Int32Array;
  readonly #worker: number;

  constructor(retried: Int32Array, recent: Int32Array, worker: number) {
    this.#retried = retried;
    this.#recent = recent;
    this.#worker = worker;
  }

  /** Counts a retry; returns how many that makes within the last seconds. */
  add(second: number): number {
    this.#change(second, 1);
    return this.#sum(second);
  }

  takeBack(second: number): void {
    this.#change(second, -1);
  }

  /** Says how many requests of this worker there were lately. */
  publishRequests(count: number): void {
    Atomics.store(this.#recent, this.#worker * RECENT_STRIDE, count);
  }

  /** The sum of what all workers have published. */
  recentRequests(): number {
    let sum = 0;
    for (let at = 0; at < this.#recent.length; at += RECENT_STRIDE) sum += this.#recent[at];
    return sum;
  }

  /** A worker is gone. */
  forget(worker: number): void {
    this.#recent[worker * RECENT_STRIDE] = 0;
  }

  /** Goes on with the retries that another has counted. */
  succeed(from: RetryLedger): void {
    this.#retried.set(from.#retried);
  }

  /** One `Atomics` call that does all or nothing; a word of an earlier second begins anew. */
  #change(second: number, amount: 1 | -1): void {
    const at = second % RETRY_BUCKETS;
    const stamp = second & STAMP_MASK;
    for (;;) {
      const word = Atomics.load(this.#retried, at);
      const count = stampOf(word) === stamp ? word & COUNT_MASK : 0;
      const next = (stamp << COUNT_BITS) | Math.min(Math.max(0, count + amount), COUNT_MASK);
      if (Atomics.compareExchange(this.#retried, at, word, next) === word) return;
    }
  }

  /** Over the second given and those before it. */
  #sum(second: number): number {
    let sum = 0;
    for (let back = 0; back < BUDGET_SECONDS && back <= second; back++) {
      const word = Atomics.load(this.#retried, (second - back) % RETRY_BUCKETS);
      if (stampOf(word) === ((second - back) & STAMP_MASK)) sum += word & COUNT_MASK;
    }
    return sum;
  }
}

function stampOf(word: number): number {
  return (word >>> COUNT_BITS) & STAMP_MASK;
}
