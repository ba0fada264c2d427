/**
 * Whether a peer takes none of the bytes that wait for it, or takes them slowly. A write of 128 KiB to a peer that
 * takes 20 KB a second looks stuck for seconds, and one behind megabytes in the kernel's buffer for minutes; so what
 * counts is what the peer's system has taken, looked at a few times while the write waits.
 */
import type { Connection } from './transport.ts';

/** Looks within the time that a peer may take nothing. */
const LOOKS = 4;
/** How long a look may take. The last one is made this long after the time is over. */
const LAST_LOOK_MS = 50;

export class WriteProgress {
  /** Bytes taken by the last look, -1 before the first. */
  #taken = -1;
  /** Since when nothing has been taken. */
  #since = 0;
  /** When the look was begun whose result comes next. */
  #lookedAt = 0;
  #isBegun = false;

  /** The peer has taken everything so far, or has just begun to wait. Returns when to ask {@link isStalled}, in ms. */
  begin(now: number, limitMs: number): number {
    this.#isBegun = true;
    this.#taken = -1;
    this.#since = now;
    this.#lookedAt = now;
    return limitMs / LOOKS;
  }

  /** No bytes wait any more. */
  end(): void {
    this.#isBegun = false;
  }

  /** Whether the peer has taken nothing for `limitMs`. To be asked when the time has come that `begin` or `next` said. */
  isStalled(connection: Pick<Connection, 'look' | 'takenBytes'>, now: number, limitMs: number): boolean {
    if (!this.#isBegun) this.begin(now, limitMs);
    const { takenBytes } = connection;
    if (takenBytes !== this.#taken) {
      if (this.#taken >= 0) this.#since = this.#lookedAt;
      this.#taken = takenBytes;
    } else if (this.#lookedAt - this.#since >= limitMs) {
      return true;
    }
    this.#lookedAt = now;
    connection.look();
    return false;
  }

  /** When to ask again, in ms. */
  next(now: number, limitMs: number): number {
    const left = this.#since + limitMs - now;
    return left <= 0 ? LAST_LOOK_MS : Math.min(limitMs / LOOKS, left);
  }
}
