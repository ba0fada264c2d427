/**
 * Whether this thread was late while a check was in flight: then its time limit says something about us and nothing
 * about the endpoint. While checks are in flight a timer ticks; a tick that comes late, or has not come when it is
 * overdue, is a lapse.
 */
import type { Clock } from '../core/clock.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

const TICK_MS = 20;
/** Late by more than this. */
export const LATE_MS = 50;

export class Lateness {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  #inFlight = 0;
  #dueAt = 0;
  #lapsedAt = -Infinity;
  #cancel: Cancel | null = null;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** A check begins. What it returns is to be called once, when it ends: true when this thread was late in between. */
  begin(): () => boolean {
    const beganAt = this.#clock.now();
    if (this.#inFlight++ === 0) this.#arm();
    return () => {
      this.#notice();
      if (--this.#inFlight === 0) this.#cancel?.();
      return this.#lapsedAt >= beganAt;
    };
  }

  #arm(): void {
    this.#dueAt = this.#clock.now() + TICK_MS;
    this.#cancel = this.#scheduler.after(TICK_MS, () => {
      this.#notice();
      this.#arm();
    });
  }

  #notice(): void {
    const now = this.#clock.now();
    if (now - this.#dueAt > LATE_MS) this.#lapsedAt = now;
  }
}
