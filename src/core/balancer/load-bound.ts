/**
 * Bounded load (Mirrokni, Thorup, Zadimoghaddam 2018, "Consistent hashing with bounded loads"): nobody takes a request
 * who would have more than `factor` times his share of all that are in flight in the pool. What all threads have in
 * flight is summed from what each says of itself, so nothing is written for it that another thread writes as well.
 */
import { COUNT_MASK, INELIGIBLE } from '../shared/pool-table.ts';
import type { PoolTable } from '../shared/pool-table.ts';
import type { PolicyInput } from './policy.ts';

/** A bound that is a whole number may come out of the arithmetic a little above it. */
const ROUNDING = 1e-9;

export class LoadBound {
  readonly #table: PoolTable;
  readonly #slots: Int32Array;
  readonly #weights: Float64Array;
  readonly #factor: number;
  /** The eligibility that the sum of weights is of. */
  #version = -1;
  /** `factor` over the weights of all who are eligible. */
  #perWeight = 0;
  /** Of one pick. */
  #limitPerWeight = 0;

  constructor({ table, slots, weights }: PolicyInput, factor: number) {
    this.#table = table;
    this.#slots = slots;
    this.#weights = weights;
    this.#factor = factor;
  }

  /** A pick begins: how much is in flight now. */
  begin(): void {
    const version = this.#table.version[0];
    if (version !== this.#version) this.#sumWeights(version);
    this.#limitPerWeight = (this.#table.sums.total() + 1) * this.#perWeight;
  }

  /** Whether one more stays within ⌈factor × (in flight + 1) × share⌉. */
  allows(index: number): boolean {
    const load = this.#table.inflight[this.#slots[index]] & COUNT_MASK;
    return load + ROUNDING < this.#limitPerWeight * this.#weights[index];
  }

  #sumWeights(version: number): void {
    const { inflight } = this.#table;
    let sum = 0;
    for (let index = 0; index < this.#slots.length; index++) {
      if ((inflight[this.#slots[index]] & INELIGIBLE) === 0) sum += this.#weights[index];
    }
    this.#version = version;
    this.#perWeight = sum === 0 ? 0 : this.#factor / sum;
  }
}
