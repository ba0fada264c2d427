/**
 * Time that a test owns: it stands still until it is moved, and then everything that is due happens in its order. What
 * happens at one moment has come to its end before the next one begins.
 */
import { BEGINNING_MS, StandingTime } from './standing-time.ts';

/** Of the wall's clock at the beginning. */
const WALL_MS = Date.UTC(2025, 0, 1);

/** A moment in which something is always left to do is one that does not end. */
const MAX_ROUNDS = 100_000;

export class TestTime extends StandingTime {
  /** Does what there is to do now; false where there is nothing. */
  readonly #work: () => boolean;

  constructor(work: () => boolean) {
    super(WALL_MS - BEGINNING_MS);
    this.#work = work;
  }

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.now() - BEGINNING_MS;
  }

  /** Lets `ms` pass; resolves when all that was due by then has happened. Ends early once `isDone` says so. */
  async advance(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const end = this.now() + ms;
    await this.settle();
    while (!isDone() && this.fireNext(end)) await this.settle();
  }

  /** Lets what a promise waits for happen, as long as that takes outside (a module is loaded), while no time passes here. */
  async standStill<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = promise.finally(() => (isDone = true));
    done.catch(() => {});
    while (!isDone) await this.settle();
    return done;
  }

  /** Until nothing moves at this moment: no bytes on their way, no promise that goes on. */
  async settle(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const hasWorked = this.#work();
      // Promises of the control plane, and what waits for the end of a turn.
      await new Promise((resolve) => setImmediate(resolve));
      if (!hasWorked && !this.#work()) return;
    }
    throw new Error(`something goes on for ever at ${this.elapsedMs} ms`);
  }
}
