/** The times of the last seconds, and their quantiles. */

/** Half of the times were at most p50, 99 % at most p99; in ms. Null: there was none. */
export interface Times {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export class RecentTimes {
  readonly #windowMs: number;
  /** Oldest first, both of the same length. */
  #ends: number[] = [];
  #times: number[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** `nowMs`: when it ended; never less than the one before. */
  add(nowMs: number, timeMs: number): void {
    this.#ends.push(nowMs);
    this.#times.push(timeMs);
  }

  read(nowMs: number): Times {
    const first = this.#ends.findIndex((end) => end > nowMs - this.#windowMs);
    this.#ends = first === -1 ? [] : this.#ends.slice(first);
    this.#times = first === -1 ? [] : this.#times.slice(first);
    const sorted = this.#times.toSorted((a, b) => a - b);
    return { p50Ms: nearestRank(sorted, 0.5), p99Ms: nearestRank(sorted, 0.99) };
  }
}

function nearestRank(sorted: readonly number[], share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
