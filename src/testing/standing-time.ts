/** Time that stands still until it is moved, and timers that fire as it passes them, in the order in which they are due. */
import type { Cancel, Scheduler } from '../checks/scheduler.ts';
import type { Clock } from '../core/clock.ts';
import type { LoopTurns } from '../net/loop-turns.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Not 0, so that nothing takes a time for one that is not set. */
export const BEGINNING_MS = 1_000_000;

export class StandingTime implements Clock, Scheduler, LoopTurns {
  /** Those of the same moment fire in the order in which they were set. */
  readonly #timers = new Set<Timer>();
  /** How far the wall clock is ahead. */
  readonly #wallOffsetMs: number;
  #now = BEGINNING_MS;

  constructor(wallOffsetMs = 0) {
    this.#wallOffsetMs = wallOffsetMs;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now + this.#wallOffsetMs;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  once(ms: number, run: () => void): Cancel {
    return this.after(ms, run);
  }

  every(ms: number, run: () => void, begin?: () => void): Cancel {
    let cancel: Cancel;
    const again = (): void => {
      cancel = this.after(ms, again);
      begin?.();
      run();
    };
    cancel = this.after(ms, again);
    return () => cancel();
  }

  /** Moves the time to `at`; no timer fires. */
  protected moveTo(at: number): void {
    this.#now = at;
  }

  /** Moves to the next timer that is due by `end` and fires it. False: there is none, and it is `end`. */
  protected fireNext(end: number): boolean {
    let next: Timer | null = null;
    for (const timer of this.#timers) if (timer.at <= end && (next === null || timer.at < next.at)) next = timer;
    if (next === null) {
      this.#now = end;
      return false;
    }
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }
}
