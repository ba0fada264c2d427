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
   * there is none. Endpoints of one weight compare by what they draw, so that a logarithm is worked out only for those
   * that may be the lowest of all: −ln(1 − u) is never below u.
   */
  find(key: number, tried: readonly number[] | null, bound: LoadBound | null): number {
    let best = -1;
    let lowest = Infinity;
    for (const { weight, indexes, seeds } of this.#peers) {
      let limit = Math.min(MOST, Math.ceil((lowest * weight) / UNIFORM));
      for (let at = this.#next(seeds, 0, key, limit); at < seeds.length; at = this.#next(seeds, at + 1, key, limit)) {
        const cost = -Math.log1p(-draw(key, seeds[at]) * UNIFORM) / weight;
        if (cost >= lowest || !this.#isOpen(indexes[at], tried, bound)) continue;
        best = indexes[at];
        lowest = cost;
        limit = Math.min(MOST, Math.ceil((lowest * weight) / UNIFORM));
      }
    }
    return best;
  }

  /** Hot path: the next place whose draw is below the limit, the length where there is none. */
  #next(seeds: Int32Array, from: number, key: number, limit: number): number {
    const end = seeds.length | 0;
    for (let at = from | 0; at < end; at = (at + 1) | 0) if (draw(key, seeds[at]) < limit) return at;
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
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 1;
}
