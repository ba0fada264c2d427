/** Time that a test owns: a clock that stands still, and timers that fire when it is moved. */
import { StandingTime } from '../../src/testing/standing-time.ts';

export class FakeTime extends StandingTime {
  /** Lets `ms` pass, and every timer fire in its turn. */
  advance(ms: number): void {
    const end = this.now() + ms;
    while (this.fireNext(end));
  }

  /** Lets `ms` pass in which no timer fires, as when the thread is busy. */
  stall(ms: number): void {
    this.moveTo(this.now() + ms);
  }
}
