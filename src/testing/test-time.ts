/**
 * Time that a test owns: it stands still until it is moved, and then everything that is due happens in its order. What
 * happens at one moment has come to its end before the next one begins.
 */
import type { Cancel, Scheduler } from '../checks/scheduler.ts';
import type { Clock } from '../core/clock.ts';
import type { LoopTurns } from '../net/loop-turns.ts';

interface Timer {
  readonly at: number;
  /** Timers of the same moment fire in the order in which they were set. */
  readonly order: number;
  readonly run: () => void;
}

/** Not 0, so that nothing takes a time for one that is not set. */
const BEGINNING_MS = 1_000_000;
/** Wall time at the beginning: 2025-01-01T00:00:00Z. */
const EPOCH_MS = Date.UTC(2025, 0, 1) - BEGINNING_MS;

/** A moment in which something is always left to do is one that does not end. */
const MAX_ROUNDS = 100_000;

export class TestTime implements Clock, Scheduler, LoopTurns {
  readonly #timers = new Set<Timer>();
  /** Does what there is to do now; false where there is nothing. */
  readonly #work: () => boolean;
  #now = BEGINNING_MS;
  #order = 0;

  constructor(work: () => boolean) {
    this.#work = work;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return EPOCH_MS + this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { at: this.#now + ms, order: this.#order++, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  once(ms: number, run: () => void): Cancel {
    return this.after(ms, run);
  }

  every(ms: number, run: () => void): Cancel {
    let cancel: Cancel = () => {};
    const again = (): void => {
      cancel = this.after(ms, () => {
        again();
        run();
      });
    };
    again();
    return () => cancel();
  }

  /** Lets `ms` pass; resolves when all that was due by then has happened. Ends early once `isDone` says so. */
  async advance(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    while (!isDone()) {
      const next = this.#next(end);
      if (next === null) {
        this.#now = end;
        return;
      }
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await this.settle();
    }
  }

  /** Until nothing moves at this moment: no bytes on their way, no promise that goes on. */
  async settle(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const hasWorked = this.#work();
      // Promises of the control plane, and what waits for the end of a turn.
      await new Promise((resolve) => setImmediate(resolve));
      if (!hasWorked && !this.#work()) return;
    }
    throw new Error(`something goes on for ever at ${this.#now - BEGINNING_MS} ms`);
  }

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#now - BEGINNING_MS;
  }

  #next(end: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}
