/**
 * What each worker has in flight in a pool in all, for policies that compare an endpoint with the whole pool. Each worker
 * writes to a cache line of its own, and whoever wants the total adds them up: nothing is written that another thread
 * writes as well. A worker keeps its sum only where a policy asks for it.
 *
 * Where the pool has a limit, there is one total for all threads besides, and the sums are its ledger.
 */
import { addBelow } from './add-below.ts';
import { int32At } from './layout.ts';
import { SUM_STRIDE, poolLayout } from './pool-layout.ts';
import type { PoolTableHandle } from './pool-layout.ts';

export class InFlightSums {
  readonly #sums: Int32Array;
  readonly #own: number;
  readonly #worker: number;
  /** At index 0: over the workers that are bounded. */
  readonly #total: Int32Array;
  /** 1 for a worker whose sum is in the total. */
  readonly #bounded: Int32Array;
  #isOn = false;
  #isBounded = false;

  constructor(handle: PoolTableHandle, worker: number) {
    const layout = poolLayout(handle);
    this.#sums = int32At(handle.buffer, layout.sums);
    this.#total = int32At(handle.buffer, layout.boundedTotal);
    this.#bounded = int32At(handle.buffer, layout.bounded);
    this.#own = placeOf(worker);
    this.#worker = worker;
  }

  add(count: number): void {
    if (!this.#isOn) return;
    if (this.#isBounded) Atomics.add(this.#total, 0, count);
    this.#sums[this.#own] += count;
  }

  /** One more, unless all threads together have `most`. */
  tryAdd(most: number): boolean {
    if (this.#isBounded && !addBelow(this.#total, 0, most)) return false;
    if (this.#isOn) this.#sums[this.#own]++;
    return true;
  }

  /** Attempts have gone to a larger table. */
  moveTo(to: InFlightSums, held: number): void {
    to.add(held);
    this.add(-held);
  }

  /** From now on this worker keeps its sum, which is `held` now, or does not; and takes part in the total, or does not. */
  keep(isOn: boolean, isBounded: boolean, held: number): void {
    const isOnNow = isOn || isBounded;
    if (isOnNow !== this.#isOn) {
      this.#isOn = isOnNow;
      this.#sums[this.#own] = isOnNow ? held : 0;
    }
    if (isBounded === this.#isBounded) return;
    this.#isBounded = isBounded;
    Atomics.add(this.#total, 0, isBounded ? held : -held);
    this.#bounded[this.#worker] = isBounded ? 1 : 0;
  }

  /** Over the workers that keep their sum. */
  total(): number {
    let sum = 0;
    for (let at = placeOf(0); at < this.#sums.length; at += SUM_STRIDE) sum += this.#sums[at];
    return sum;
  }

  /** The total that is bounded. */
  get bounded(): number {
    return this.#total[0];
  }

  /** A worker is gone. */
  clear(worker: number): void {
    if (this.#bounded[worker] !== 0) Atomics.sub(this.#total, 0, this.#sums[placeOf(worker)]);
    this.#bounded[worker] = 0;
    this.#sums[placeOf(worker)] = 0;
  }
}

function placeOf(worker: number): number {
  return worker * SUM_STRIDE + SUM_STRIDE / 2;
}
