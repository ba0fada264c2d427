/** What the steps of a thread have of it besides the requests they see. */
import type { Random } from '../../core/random.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';

export interface StepHost {
  /** Slot of this thread: its row in ledgers and its stripe of counters. */
  readonly worker: number;
  readonly wheel: TimerWheel;
  readonly random: Random;
  /** Milliseconds of the monotonic clock, the same in all threads. */
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Counts and reports an exception that must not end anything. */
  reportFault(error: unknown): void;
}
