/**
 * `rendezvous`: every endpoint draws a number for the key, and the lowest wins (Thaler and Ravishankar 1998, "Using
 * name-based mappings to increase hit rates"). By weight the numbers are exponential: −ln(1 − u) / weight. So a key moves
 * only when its winner goes or a new one draws lower, and no table is needed; the cost is linear in the endpoints.
 */
import { mix } from '../keys/half-sip-hash.ts';
import { INELIGIBLE } from '../shared/pool-table.ts';
import { isTried } from './candidates.ts';
import { hashIdentities } from './hash-table.ts';
import type { LoadBound } from './load-bound.ts';
import type { PolicyInput } from './policy.ts';

const UNIFORM = 2 ** -32;

export class Rendezvous {
  readonly #seeds: Int32Array;
  /** Infinite for a weight of 0. */
  readonly #scales: Float64Array;
  readonly #inflight: Int32Array;
  readonly #slots: Int32Array;

  constructor({ ids, weights, table, slots }: PolicyInput) {
    const hashes = hashIdentities(ids);
    this.#seeds = Int32Array.from(ids, (_, index) => mix(hashes[2 * index] ^ hashes[2 * index + 1]));
    this.#scales = weights.map((weight) => UNIFORM / weight);
    this.#inflight = table.inflight;
    this.#slots = slots;
  }

  /**
   * The eligible endpoint with the lowest number that was not tried and that `bound` allows, null for none; -1 where
   * there is none. Hot path: u / weight is never above −ln(1 − u) / weight, so the logarithm is worked out for those
   * alone that may be the lowest, and only they are asked whether they may be picked.
   */
  find(key: number, tried: readonly number[] | null, bound: LoadBound | null): number {
    const seeds = this.#seeds;
    const scales = this.#scales;
    let best = -1;
    let lowest = Infinity;
    for (let index = 0; index < seeds.length; index++) {
      let drawn = Math.imul(key ^ seeds[index], 0x85ebca6b);
      drawn = Math.imul(drawn ^ (drawn >>> 13), 0xc2b2ae35);
      drawn = (drawn ^ (drawn >>> 16)) >>> 0;
      if (drawn * scales[index] >= lowest) continue;
      const cost = -Math.log1p(-drawn * UNIFORM) * (scales[index] / UNIFORM);
      if (!(cost < lowest) || (this.#inflight[this.#slots[index]] & INELIGIBLE) !== 0) continue;
      if (isTried(index, tried) || (bound !== null && !bound.allows(index))) continue;
      best = index;
      lowest = cost;
    }
    return best;
  }
}
