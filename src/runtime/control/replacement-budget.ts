/** Bounds how often workers that died are replaced: a bug that kills each new one at once must not go unseen. */
const WINDOW_MS = 60_000;
const MOST = 5;

export class ReplacementBudget {
  #deaths: number[] = [];
  #isSpent = false;

  /** True once more than five workers have died within a minute, for good. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** One more worker has died, at `now` in ms. False: it is not to be replaced. */
  take(now: number): boolean {
    this.#deaths = [...this.#deaths.filter((at) => now - at < WINDOW_MS), now];
    if (this.#deaths.length > MOST) this.#isSpent = true;
    return !this.#isSpent;
  }
}
