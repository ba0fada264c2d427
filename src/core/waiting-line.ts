/**
 * Who waits for something, such as a connection of an endpoint, in order. Whoever leaves early does so in constant time
 * wherever it stands: clients choose how many wait, and when they go.
 */

interface Place<W> {
  readonly waiter: W;
  next: Place<W> | null;
  previous: Place<W> | null;
}

export class WaitingLine<W> {
  readonly #places = new Map<W, Place<W>>();
  #first: Place<W> | null = null;
  #last: Place<W> | null = null;

  get size(): number {
    return this.#places.size;
  }

  /** Whose turn is next. */
  get first(): W | null {
    return this.#first === null ? null : this.#first.waiter;
  }

  /** Adds one that is not in the line yet, at its end. */
  join(waiter: W): void {
    const place: Place<W> = { waiter, next: null, previous: this.#last };
    if (this.#last === null) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#places.set(waiter, place);
  }

  /** Adds one behind all that are not to be after it; those from the first such one on are. Most belong at the end. */
  joinBefore(waiter: W, isAfter: (other: W) => boolean): void {
    if (this.#last === null || !isAfter(this.#last.waiter)) {
      this.join(waiter);
      return;
    }
    let next = this.#first as Place<W>;
    while (!isAfter(next.waiter)) next = next.next as Place<W>;
    const place: Place<W> = { waiter, next, previous: next.previous };
    if (next.previous === null) this.#first = place;
    else next.previous.next = place;
    next.previous = place;
    this.#places.set(waiter, place);
  }

  /** Takes one out. False: it is not in the line. */
  leave(waiter: W): boolean {
    const place = this.#places.get(waiter);
    if (place === undefined) return false;
    const { next, previous } = place;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    return this.#places.delete(waiter);
  }

  /** Takes the first one out. */
  shift(): W | null {
    const { first } = this;
    if (first !== null) this.leave(first);
    return first;
  }
}
