/** Promises of answers that are on their way, by what they answer. Who asks for the same twice gets the same promise. */
export class PendingAnswers {
  readonly #pending = new Map<string, PromiseWithResolvers<number>>();

  expect(answer: string): Promise<number> {
    let pending = this.#pending.get(answer);
    if (pending === undefined) {
      pending = Promise.withResolvers<number>();
      this.#pending.set(answer, pending);
    }
    return pending.promise;
  }

  /** Does nothing where nobody asked. */
  resolve(answer: string, value: number): void {
    this.#take(answer)?.resolve(value);
  }

  reject(answer: string, error: Error): void {
    this.#take(answer)?.reject(error);
  }

  rejectAll(error: Error): void {
    for (const answer of [...this.#pending.keys()]) this.reject(answer, error);
  }

  #take(answer: string): PromiseWithResolvers<number> | undefined {
    const pending = this.#pending.get(answer);
    this.#pending.delete(answer);
    return pending;
  }
}
