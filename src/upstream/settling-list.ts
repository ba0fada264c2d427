/**
 * Connections that are looked at before anybody gets them again, because what their endpoint may send beyond its
 * answer can still be on its way: the body of an answer that has none comes a moment after its head. They stay here
 * until a later turn of the event loop, at least {@link SETTLING_MS} on, has read what had arrived by then. Not on the
 * timer wheel, whose tick is too long.
 */
import type { Guard } from '../net/guard.ts';
import type { LoopClock } from '../net/loop-clock.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';

/** A connection that waits; it may have ended meanwhile. */
export interface Settling {
  /** Nothing has come. */
  onSettled(): void;
  onFault(error: unknown): void;
}

/** The least time a connection is set aside, ms. */
export const SETTLING_MS = 10;

export class SettlingList {
  readonly #clock: LoopClock;
  readonly #guard: Guard;
  readonly #turns: LoopTurns;
  /** Those that were here when the wait began, and those that have come since. */
  #due: Settling[] = [];
  #young: Settling[] = [];
  #cancel: Cancel | null = null;

  constructor(clock: LoopClock, guard: Guard, turns: LoopTurns) {
    this.#clock = clock;
    this.#guard = guard;
    this.#turns = turns;
  }

  /** `onSettled` follows, once and never before this returns. */
  add(connection: Settling): void {
    this.#young.push(connection);
    if (this.#cancel === null) this.#wait();
  }

  /** Nobody is told any more. */
  stop(): void {
    this.#due.length = 0;
    this.#young.length = 0;
    this.#cancel?.();
    this.#cancel = null;
  }

  #wait(): void {
    const empty = this.#due;
    this.#due = this.#young;
    this.#young = empty;
    this.#cancel = this.#turns.once(SETTLING_MS, () => this.#settle());
  }

  #settle(): void {
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
    this.#cancel = null;
    if (this.#young.length > 0) this.#wait();
  }
}
