/**
 * Draws an index by weight at constant cost (the alias method of Walker in the linear construction of Vose 1991,
 * "A linear algorithm for generating random numbers with a given distribution"): n columns of equal height, each
 * split between at most two indexes, so that one uniform number chooses the column and the side.
 */
export class AliasTable {
  /** Share of column i that is i's own. */
  readonly #own: Float64Array;
  /** The index that the rest of the column belongs to. */
  readonly #other: Int32Array;

  /** At least one weight must be above 0. */
  constructor(weights: Float64Array) {
    const count = weights.length;
    let total = 0;
    let heaviest = 0;
    for (let index = 0; index < count; index++) {
      total += weights[index];
      if (weights[index] > weights[heaviest]) heaviest = index;
    }
    this.#own = weights.map((weight) => (weight / total) * count);
    this.#other = new Int32Array(count).fill(heaviest);
    this.#level();
    // A column that rounding left over counts as full, but never one of weight 0.
    for (let index = 0; index < count; index++) if (weights[index] === 0) this.#own[index] = 0;
  }

  /** Fills each column that is too low from one that is too high. */
  #level(): void {
    const low: number[] = [];
    const high: number[] = [];
    this.#own.forEach((share, index) => (share < 1 ? low : high).push(index));
    while (low.length > 0 && high.length > 0) {
      const short = low.pop() as number;
      const giver = high[high.length - 1];
      this.#other[short] = giver;
      this.#own[giver] -= 1 - this.#own[short];
      if (this.#own[giver] < 1) low.push(high.pop() as number);
    }
    for (const index of low) this.#own[index] = 1;
    for (const index of high) this.#own[index] = 1;
  }

  /** The index that `uniform`, a number in [0, 1), stands for. */
  sample(uniform: number): number {
    const at = uniform * this.#own.length;
    const column = at | 0;
    return at - column < this.#own[column] ? column : this.#other[column];
  }
}
