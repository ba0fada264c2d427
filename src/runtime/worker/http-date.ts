/** The time as HTTP headers have it, made once a second. */
import type { Clock } from '../../core/clock.ts';

export class HttpDate {
  readonly #clock: Clock;
  #text = '';
  #second = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): string {
    const now = this.#clock.wallTime();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(now).toUTCString();
    }
    return this.#text;
  }
}
