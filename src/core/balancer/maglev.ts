/**
 * `maglev`: a table of 65,537 places that endpoints fill in turns, each in an order of its own (Eisenbud et al. 2016,
 * "Maglev: a fast and reliable software network load balancer", 3.4; weights as Envoy has them: the heaviest gets a
 * place each turn, the others in as many turns as their weight says). Shares are even to one place, and an endpoint that
 * leaves moves few keys beside its own.
 */
import type { HashLookup, HashTableHandle } from './hash-table.ts';

/** A prime, so that every skip leads through the whole table. */
export const MAGLEV_SIZE = 65_537;

const FREE = -1;

/** Fills the table with indexes; false, and nothing is in it, where every weight is 0. `hashes`: two words an endpoint. */
export function fillMaglev(table: Int32Array, hashes: Int32Array, weights: ArrayLike<number>): boolean {
  const heaviest = Array.from(weights).reduce((most, weight) => Math.max(most, weight), 0);
  if (heaviest === 0) return false;
  const count = weights.length;
  const skips = Int32Array.from({ length: count }, (_, i) => ((hashes[2 * i + 1] >>> 0) % (MAGLEV_SIZE - 1)) + 1);
  const next = Int32Array.from({ length: count }, (_, i) => (hashes[2 * i] >>> 0) % MAGLEV_SIZE);
  /** What each would have filled by now, counted in turns of the heaviest. */
  const owed = new Float64Array(count);
  table.fill(FREE);
  for (let filled = 0; ;) {
    for (let index = 0; index < count; index++) {
      owed[index] += weights[index] / heaviest;
      if (owed[index] < 1) continue;
      owed[index]--;
      next[index] = freePlace(table, next[index], skips[index]);
      table[next[index]] = index;
      if (++filled === MAGLEV_SIZE) return true;
    }
  }
}

function freePlace(table: Int32Array, from: number, skip: number): number {
  let place = from;
  while (table[place] !== FREE) place = (place + skip) % MAGLEV_SIZE;
  return place;
}

export class MaglevLookup implements HashLookup {
  readonly #places: Int32Array;

  constructor({ buffer, size }: HashTableHandle) {
    this.#places = new Int32Array(buffer, 0, size);
  }

  find(hash: number): number {
    return this.#places.length === 0 ? -1 : this.#places[(hash >>> 0) % MAGLEV_SIZE];
  }
}
