/**
 * How long endpoints take for a first byte, as one thread has met it: what a policy that learns goes by. It outlives the
 * policies, which are made anew with each config, and goes by the rows of the pool's table.
 *
 * A slower answer counts at once and as a whole; from then on the value halves every 10 s, whether faster answers come or
 * none, down to what the last answer took. So a server that was slow is tried again, and is believed at once when it is
 * still slow (the peak-sensitive average of Finagle, Twitter, "Aperture and peak EWMA").
 */

const HALF_LIFE_MS = 10_000;
/** A failure counts as twice what was there before, up to this, or the time it took. */
const MOST_FOR_FAILURE_MS = 10_000;
/** A failure of an endpoint that nothing is known of. */
const FIRST_FAILURE_MS = 1000;

export class Latencies {
  #generations: Int32Array = new Int32Array(0);
  /** As of `#since`; 0: nothing is known. */
  #ms = new Float64Array(0);
  #since = new Float64Array(0);
  #picked = new Float64Array(0);

  /** The endpoints that there are now; of a row that has another owner nothing is known. */
  keep(slots: Int32Array, generations: Int32Array, now: number): void {
    this.#grow(slots.reduce((most, slot) => Math.max(most, slot + 1), 0));
    slots.forEach((slot, index) => {
      if (this.#generations[slot] === generations[index]) return;
      this.#generations[slot] = generations[index];
      this.#ms[slot] = 0;
      this.#since[slot] = now;
      this.#picked[slot] = now;
    });
  }

  #grow(rows: number): void {
    if (rows <= this.#ms.length) return;
    const [generations, ms, since, picked] = [this.#generations, this.#ms, this.#since, this.#picked];
    this.#generations = new Int32Array(rows).fill(-1);
    this.#ms = new Float64Array(rows);
    this.#since = new Float64Array(rows);
    this.#picked = new Float64Array(rows);
    this.#generations.set(generations);
    this.#ms.set(ms);
    this.#since.set(since);
    this.#picked.set(picked);
  }

  observe(slot: number, ms: number, isGood: boolean, now: number): void {
    const before = this.of(slot, now);
    const sample = isGood
      ? ms
      : Math.max(ms, before === 0 ? FIRST_FAILURE_MS : Math.min(2 * before, MOST_FOR_FAILURE_MS));
    this.#ms[slot] = Math.max(sample, before);
    this.#since[slot] = now;
  }

  /** Milliseconds; 0: nothing is known. */
  of(slot: number, now: number): number {
    return this.#ms[slot] * 2 ** ((this.#since[slot] - now) / HALF_LIFE_MS);
  }

  picked(slot: number, now: number): void {
    this.#picked[slot] = now;
  }

  /** When it was picked last in this thread; where it never was, since when it is there. */
  pickedAt(slot: number): number {
    return this.#picked[slot];
  }
}
