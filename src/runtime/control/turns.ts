/** Tasks that must not overlap, one after another. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `task` when those before it have ended, well or badly. */
  take<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}
