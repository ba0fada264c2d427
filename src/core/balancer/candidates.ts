/**
 * Which endpoints of a pool may be picked at the moment: one bit test in a shared column per endpoint, and the exact
 * scan that policies fall back to when random draws have met too many that may not be picked.
 */
import type { Random } from '../random.ts';
import type { PolicyInput } from './policy.ts';

/** Whether an exchange has been at this endpoint before. */
export function isTried(index: number, tried: readonly number[] | null): boolean {
  return tried?.includes(index) === true;
}

export class Candidates {
  readonly #slots: Int32Array;
  readonly #weights: Float64Array;
  readonly #column: Int32Array;
  readonly #mask: number;

  /** An endpoint is open while none of the bits of `mask` is set at its slot of `column`. */
  constructor(input: PolicyInput, column: Int32Array, mask: number) {
    this.#slots = input.slots;
    this.#weights = input.weights;
    this.#column = column;
    this.#mask = mask;
  }

  /** Whether the endpoint at `index` may be picked and has not been tried. */
  isOpen(index: number, tried: readonly number[] | null): boolean {
    return (this.#column[this.#slots[index]] & this.#mask) === 0 && !isTried(index, tried);
  }

  /**
   * Picks by weight among all that are open and are not `except` (-1: none), in two passes over the pool; -1 if there
   * is none. Endpoints may open and close between the passes: then the last open one is picked.
   */
  scan(random: Random, tried: readonly number[] | null, except: number): number {
    let total = 0;
    for (let index = 0; index < this.#slots.length; index++) {
      if (index !== except && this.isOpen(index, tried)) total += this.#weights[index];
    }
    if (total === 0) return -1;
    let left = random.next() * total;
    let last = -1;
    for (let index = 0; index < this.#slots.length; index++) {
      if (index === except || this.#weights[index] === 0 || !this.isOpen(index, tried)) continue;
      left -= this.#weights[index];
      if (left < 0) return index;
      last = index;
    }
    return last;
  }
}
