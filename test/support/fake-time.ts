/** Time that a test owns: a clock that stands still, and timers that fire when it is moved. */
import type { Cancel, Scheduler } from '../../src/checks/scheduler.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { LoopTurns } from '../../src/net/loop-turns.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class FakeTime implements Clock, Scheduler, LoopTurns {
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  once(ms: number, run: () => void): Cancel {
    return this.after(ms, run);
  }

  every(ms: number, run: () => void): Cancel {
    let cancel: Cancel;
    const again = (): void => {
      cancel = this.after(ms, again);
      run();
    };
    cancel = this.after(ms, again);
    return () => cancel();
  }

  /** Lets `ms` pass, and every timer fire in its turn. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** Lets `ms` pass in which no timer fires, as when the thread is busy. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #next(end: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) if (timer.at <= end && (next === null || timer.at < next.at)) next = timer;
    return next;
  }
}
