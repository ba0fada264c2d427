/**
 * Draws endpoints at random by weight. One that may not be picked is drawn again, which leaves the shares of the others
 * in proportion; after a few failed draws an exact scan decides, so that a draw always ends.
 */
import type { Random } from '../random.ts';
import { AliasTable } from './alias-table.ts';
import { Candidates } from './candidates.ts';
import type { PolicyInput } from './policy.ts';

/** With half of a pool's weight out, one draw in 256 goes on to the scan. */
const MAX_DRAWS = 8;

export class WeightedDraw {
  readonly #candidates: Candidates;
  readonly #random: Random;
  /** Null where nothing can be drawn: an empty pool, or weights of 0 alone. */
  readonly #table: AliasTable | null;

  /** Draws among the endpoints that have none of the bits of `mask` set in `column`. */
  constructor(input: PolicyInput, column: Int32Array, mask: number) {
    this.#candidates = new Candidates(input, column, mask);
    this.#random = input.random;
    this.#table = input.weights.some((weight) => weight > 0) ? new AliasTable(input.weights) : null;
  }

  /** One that is open and was not tried, else one that is open, else -1. */
  draw(tried: readonly number[] | null): number {
    const index = this.drawOther(tried, -1);
    return index >= 0 || tried === null || tried.length === 0 ? index : this.drawOther(null, -1);
  }

  /** One that is open, was not tried and is not `except`, else -1. */
  drawOther(tried: readonly number[] | null, except: number): number {
    const table = this.#table;
    if (table === null) return -1;
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const index = table.sample(this.#random.next());
      if (index !== except && this.#candidates.isOpen(index, tried)) return index;
    }
    return this.#candidates.scan(this.#random, tried, except);
  }
}
