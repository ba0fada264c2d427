/**
 * How fast a peer takes what it is sent, over the times in which some of it waits: a peer that is faster than its sender
 * has none. Looks show what its system has taken; a verdict goes by the last one whose result is there.
 */
import type { Connection } from './transport.ts';

export class TakingPace {
  /** In waits that are over. */
  #waitedMs = 0;
  /** Of the wait under way, -1 without one. */
  #since = -1;
  /** When the look was made whose result comes next; -1: none has been made in this wait. */
  #lookedAt = -1;
  /** Taken by the first look, -1 before. */
  #firstTaken = -1;

  /** Bytes wait. */
  begin(now: number): void {
    if (this.#since >= 0) return;
    this.#since = now;
    this.#lookedAt = -1;
  }

  /** None do any more. */
  end(now: number): void {
    if (this.#since < 0) return;
    this.#waitedMs += now - this.#since;
    this.#since = -1;
  }

  /**
   * To be asked each time that a look is made while bytes wait. Whether the waits have lasted for more than `graceMs`, and
   * less than `bytesPerSecond` has been taken in that time. `sentBytes`: how much the peer has been sent in all.
   */
  isBelow(
    connection: Pick<Connection, 'takenBytes' | 'untakenBytes'>,
    sentBytes: number,
    now: number,
    bytesPerSecond: number,
    graceMs: number,
  ): boolean {
    this.begin(now);
    const lookedAt = this.#lookedAt;
    this.#lookedAt = now;
    if (lookedAt < 0) return false;
    const { takenBytes, untakenBytes } = connection;
    if (this.#firstTaken < 0) this.#firstTaken = takenBytes;
    const ms = this.#waitedMs + lookedAt - this.#since;
    // Whichever is more: what waits may have chunk sizes in it, which are nothing of the body.
    const taken = Math.max(sentBytes - untakenBytes, takenBytes - this.#firstTaken);
    return ms > graceMs && taken * 1000 < bytesPerSecond * ms;
  }
}
