/**
 * Checks now and then whether the totals of a pool still are the sums of its ledgers. A difference that is the same in
 * three looks in a row was lost and is corrected; one that comes and goes is work caught between its two steps.
 * Corrections are counted and should stay at 0: each is a fault worth a line in the log.
 */
import type { PoolTable } from './pool-table.ts';

const LOOKS = 3;

export class DriftCheck {
  readonly #table: PoolTable;
  /** For each slot the difference last seen, and in how many looks in a row. */
  readonly #seen: Int32Array;
  readonly #looks: Int32Array;

  constructor(table: PoolTable) {
    this.#table = table;
    this.#seen = new Int32Array(table.handle.capacity);
    this.#looks = new Int32Array(table.handle.capacity);
  }

  /** One look, to be repeated every few seconds. Returns how many units it corrected. */
  run(): number {
    let corrected = 0;
    for (let slot = 0; slot < this.#seen.length; slot++) {
      const drift = this.#table.drift(slot);
      this.#looks[slot] = drift !== 0 && drift === this.#seen[slot] ? this.#looks[slot] + 1 : 1;
      this.#seen[slot] = drift;
      if (drift === 0 || this.#looks[slot] < LOOKS) continue;
      corrected += this.#table.correct(slot);
      this.#seen[slot] = 0;
    }
    return corrected;
  }
}
