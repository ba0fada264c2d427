/** Tells whether two events of this thread came in one turn of its loop. */
export class LoopTurnCount {
  /** Grows with each turn after one in which `note` was called. */
  count = 0;
  #isDue = false;

  readonly #next = (): void => {
    this.#isDue = false;
    this.count += 1;
  };

  /** Returns the number of this turn. */
  note(): number {
    if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(this.#next);
    }
    return this.count;
  }
}
