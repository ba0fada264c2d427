/**
 * What each worker has in flight in a pool in all, for policies that compare an endpoint with the whole pool. Each worker
 * writes to a cache line of its own, and whoever wants the total adds them up: nothing is written that another thread
 * writes as well. A worker keeps its sum only where a policy asks for it.
 */
import { int32At } from './layout.ts';
import { SUM_STRIDE, poolLayout } from './pool-layout.ts';
import type { PoolTableHandle } from './pool-layout.ts';

export class InFlightSums {
  readonly #sums: Int32Array;
  readonly #own: number;
  #isOn = false;

  constructor(handle: PoolTableHandle, worker: number) {
    this.#sums = int32At(handle.buffer, poolLayout(handle).sums);
    this.#own = placeOf(worker);
  }

  add(count: number): void {
    if (this.#isOn) this.#sums[this.#own] += count;
  }

  /** Attempts have gone to a larger table. */
  moveTo(to: InFlightSums, held: number): void {
    to.add(held);
    this.add(-held);
  }

  /** From now on this worker keeps its sum, which is `held` now, or does not. */
  keep(isOn: boolean, held: number): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#sums[this.#own] = isOn ? held : 0;
  }

  /** Over the workers that keep their sum. */
  total(): number {
    let sum = 0;
    for (let at = placeOf(0); at < this.#sums.length; at += SUM_STRIDE) sum += this.#sums[at];
    return sum;
  }

  /** A worker is gone. */
  clear(worker: number): void {
    this.#sums[placeOf(worker)] = 0;
  }
}

function placeOf(worker: number): number {
  return worker * SUM_STRIDE + SUM_STRIDE / 2;
}
