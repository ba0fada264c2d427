import { createSeededRandom } from '../../src/core/random.ts';

/** Seeded draws for generators. */
export class Chance {
  readonly #random;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
    // xorshift begins with small numbers for small seeds.
    for (let turn = 0; turn < 8; turn++) this.#random.next();
  }

  /** A whole number in `[0, below)`. */
  below(below: number): number {
    return Math.floor(this.#random.next() * below);
  }

  is(probability: number): boolean {
    return this.#random.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** Positions at which `length` bytes are cut, in order. */
  cuts(length: number): number[] {
    if (length < 2 || this.is(0.3)) return [];
    if (length < 400 && this.is(0.1)) return Array.from({ length: length - 1 }, (_, index) => index + 1);
    const cuts = Array.from({ length: 1 + this.below(4) }, () => 1 + this.below(length - 1));
    return [...new Set(cuts)].sort((a, b) => a - b);
  }
}
