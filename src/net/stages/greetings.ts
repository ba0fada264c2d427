/** How many clients of a thread are on their way into TLS, and what happens when they are too many. */

/** One client on its way into TLS, as the others see it. */
export interface Greeted {
  /** There is a crowd: it has little time left. */
  hurry(): void;
}

/** Clients of one thread that are on their way into TLS. */
export class Greetings {
  readonly #most: number;
  readonly #roomAgain: number;
  readonly #onCrowded: (isCrowded: boolean) => void;
  readonly #all = new Set<Greeted>();
  #isCrowded = false;

  /** `onCrowded`: there are `most` of them, and no more are to come; or there are no more than `roomAgain`. */
  constructor(most: number, roomAgain: number, onCrowded: (isCrowded: boolean) => void) {
    this.#most = most;
    this.#roomAgain = roomAgain;
    this.#onCrowded = onCrowded;
  }

  get count(): number {
    return this.#all.size;
  }

  enter(greeted: Greeted): void {
    this.#all.add(greeted);
    if (this.#isCrowded) greeted.hurry();
    else if (this.count >= this.#most) {
      this.#change(true);
      for (const each of this.#all) each.hurry();
    }
  }

  leave(greeted: Greeted): void {
    this.#all.delete(greeted);
    if (this.#isCrowded && this.count <= this.#roomAgain) this.#change(false);
  }

  #change(isCrowded: boolean): void {
    this.#isCrowded = isCrowded;
    this.#onCrowded(isCrowded);
  }
}
