/**
 * Connections that are looked at before anybody gets them again, because what their endpoint may send beyond its
 * answer can still be on its way: the body of an answer that has none comes a moment after its head. They stay here
 * until a later turn of the event loop, at least {@link SETTLING_MS} on, has read what had arrived by then.
 *
 * Not on the timer wheel: its tick is too long, and it comes before the sockets of a turn are read.
 */
import type { Guard } from '../net/guard.ts';
import type { LoopClock } from '../net/loop-clock.ts';

/** A connection that waits; it may have ended meanwhile. */
export interface Settling {
  /** Nothing has come. */
  onSettled(): void;
  onFault(error: unknown): void;
}

/** The least time a connection is set aside, ms. */
export const SETTLING_MS = 10;
/** Node's timers may be 1 ms early. */
const TIMER_MS = SETTLING_MS + 1;

export class SettlingList {
  readonly #clock: LoopClock;
  readonly #guard: Guard;
  /** Those that were here when the timer was set, and those that have come since. */
  #due: Settling[] = [];
  #young: Settling[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(clock: LoopClock, guard: Guard) {
    this.#clock = clock;
    this.#guard = guard;
  }

  /** `onSettled` follows, once and never before this returns. */
  add(connection: Settling): void {
    this.#young.push(connection);
    if (this.#timer === null) this.#setTimer();
  }

  /** Nobody is told any more. */
  stop(): void {
    this.#isStopped = true;
    this.#due.length = 0;
    this.#young.length = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #setTimer(): void {
    const empty = this.#due;
    this.#due = this.#young;
    this.#young = empty;
    // The timers of a turn come before its sockets are read, and immediates after: only then nothing can be unread.
    this.#timer = setTimeout(() => setImmediate(() => this.#settle()), TIMER_MS).unref();
  }

  #settle(): void {
    if (this.#isStopped) return;
    this.#clock.enter();
    for (const connection of this.#due) {
      try {
        connection.onSettled();
      } catch (error) {
        this.#guard.caught(error, connection);
      }
    }
    this.#clock.leave();
    this.#due.length = 0;
    if (this.#young.length > 0) this.#setTimer();
    else this.#timer = null;
  }
}
