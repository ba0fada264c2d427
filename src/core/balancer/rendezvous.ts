/**
 * `rendezvous`: every endpoint draws a number for the key, and the lowest wins (Thaler and Ravishankar 1998, "Using
 * name-based mappings to increase hit rates"). By weight the numbers are exponential: −ln(1 − u) / weight. So a key moves
 * only when its winner goes or a new one draws lower, and no table is needed; the cost is linear in the endpoints.
 */
import { mix } from '../keys/half-sip-hash.ts';
import { CLOSED } from '../shared/pool-table.ts';
import { isTried } from './candidates.ts';
import { hashIdentities } from './hash-table.ts';
import type { LoadBound } from './load-bound.ts';
import type { PolicyInput } from './policy.ts';

/** Draws have 31 bits, so that they are whole numbers for the machine as well. */
const UNIFORM = 2 ** -31;
const MOST = 0x7fffffff;

/** Endpoints of one weight, which is above 0. */
interface Peers {
  readonly weight: number;
  /** In pool order. */
  readonly indexes: Int32Array;
  readonly seeds: Int32Array;
}

export class Rendezvous {
  readonly #peers: readonly Peers[];
  readonly #inflight: Int32Array;
  readonly #slots: Int32Array;

  constructor({ ids, weights, table, slots }: PolicyInput) {
    const hashes = hashIdentities(ids);
    // The heaviest first: the sooner a low number is found, the fewer are looked at closely.
    const distinct = [...new Set(weights)].filter((weight) => weight > 0).sort((a, b) => b - a);
    this.#peers = distinct.map((weight) => {
      const indexes = Int32Array.from(weights.keys()).filter((index) => weights[index] === weight);
      return { weight, indexes, seeds: indexes.map((index) => mix(hashes[2 * index] ^ hashes[2 * index + 1])) };
    });
    this.#inflight = table.inflight;
    this.#slots = slots;
  }

  /**
   * The eligible endpoint with the lowest number that was not tried and that `bound` allows, null for no bound; -1 where
   * there is none. Of endpoints of one weight the lowest draw is the lowest number, so there is one logarithm for each
   * weight at most: none where even the draw, which −ln(1 − u) is never below, shows that another weight has won.
   */
  find(key: number, tried: readonly number[] | null, bound: LoadBound | null): number {
    let best = -1;
    let lowest = Infinity;
    for (const { weight, indexes, seeds } of this.#peers) {
      const end = seeds.length;
      let most = Math.min(MOST, Math.ceil((lowest * weight) / UNIFORM) - 1) | 0;
      let winner = -1;
      let drawn = 0;
      for (let at = this.#next(seeds, 0, key, most); at < end; at = this.#next(seeds, at + 1, key, most)) {
        if (!this.#isOpen(indexes[at], tried, bound)) continue;
        winner = indexes[at];
        drawn = draw(key, seeds[at]);
        most = drawn - 1;
      }
      if (winner < 0) continue;
      const number = -Math.log1p(-drawn * UNIFORM) / weight;
      if (number >= lowest) continue;
      best = winner;
      lowest = number;
    }
    return best;
  }

  /**
   * Hot path: the next place whose draw is no more than this, the length where there is none. Four at a time, and with
   * conversions that tell the compiler that everything is an Int32: 1 ns an endpoint, and half as long again without
   * (bench/policies.ts).
   */
  #next(seeds: Int32Array, from: number, key: number, most: number): number {
    const word = key | 0;
    const limit = most | 0;
    const end = seeds.length | 0;
    let at = from | 0;
    for (const last = (end - 3) | 0; at < last; at = (at + 4) | 0) {
      if (draw(word, seeds[at]) <= limit) return at;
      if (draw(word, seeds[(at + 1) | 0]) <= limit) return (at + 1) | 0;
      if (draw(word, seeds[(at + 2) | 0]) <= limit) return (at + 2) | 0;
      if (draw(word, seeds[(at + 3) | 0]) <= limit) return (at + 3) | 0;
    }
    for (; at < end; at = (at + 1) | 0) if (draw(word, seeds[at]) <= limit) return at;
    return end;
  }

  #isOpen(index: number, tried: readonly number[] | null, bound: LoadBound | null): boolean {
    if ((this.#inflight[this.#slots[index]] & CLOSED) !== 0 || isTried(index, tried)) return false;
    return bound === null || bound.allows(index);
  }
}

/** The higher bits of a hash of key and endpoint. */
function draw(key: number, seed: number): number {
  const mixed = Math.imul(key ^ seed, 0x85ebca6b);
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 1) | 0;
}
