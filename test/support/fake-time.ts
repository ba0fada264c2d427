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

/** The same on a calendar that begins today, for what looks at dates of the machine. */
export class FakeToday extends FakeTime {
  readonly #began = Date.now();

  override wallTime(): number {
    return this.#began + this.now();
  }
}
