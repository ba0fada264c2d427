/**
 * Finds out whether a client is still there when its connection does not show it: while the connection is paused, so
 * that neither FIN nor reset is read, and while the client has yet to take an answer. It uses the session's timer while
 * nothing else does.
 */
import type { ClientConnection } from '../http/client-connection.ts';
import type { ServerHost } from '../http/server-host.ts';
import type { Timer } from '../net/timer-wheel.ts';
import { TakingPace } from '../net/taking-pace.ts';
import type { Connection } from '../net/transport.ts';
import { WriteProgress } from '../net/write-progress.ts';

/**
 * A client whose connection has been paused for this long is looked for, and the result is there after as long again.
 */
const LOOK_MS = 1000;
const LOOKED_MS = 50;
/** None of its kept requests is begun if it was last seen longer ago. */
const SEEN_MS = 200;

export class ClientWatch {
  readonly #connection: Connection;
  readonly #client: ClientConnection;
  readonly #host: ServerHost;
  readonly #timer: Timer;
  /** When it was last known to be there, while nothing is read. */
  #seenAt = 0;
  /** At the next timeout the result of the look is there. */
  #hasAsked = false;
  /** Created when there is an answer that it has yet to take. */
  #progress: WriteProgress | null = null;
  /** How fast it takes that answer; null: it may be slow. */
  #pace: TakingPace | null = null;

  constructor(connection: Connection, client: ClientConnection, host: ServerHost, timer: Timer) {
    this.#connection = connection;
    this.#client = client;
    this.#host = host;
    this.#timer = timer;
  }

  // ——— while the connection is paused

  /** Nothing is read from now on. */
  pause(): void {
    this.#seenAt = this.#host.now();
  }

  /** Looks for it now and then; each timeout is for {@link hasVanished}. */
  begin(): void {
    this.#hasAsked = false;
    this.#host.wheel.arm(this.#timer, LOOK_MS);
  }

  /** On a timeout: whether it was found to have left. One direction of a tunnel may end alone. */
  hasVanished(isTunnel: boolean): boolean {
    this.#hasAsked = !this.#hasAsked;
    this.#host.wheel.arm(this.#timer, this.#hasAsked ? LOOKED_MS : LOOK_MS);
    if (this.#hasAsked) {
      this.#connection.look();
      return false;
    }
    if (isTunnel ? this.#connection.peerState === 'gone' : this.hasLeft) return true;
    if (!this.#connection.isLooking) this.#seenAt = this.#host.now();
    return false;
  }

  /** It was found to have left, and what is kept of its requests is not to be begun. */
  get hasLeft(): boolean {
    const { peerState } = this.#connection;
    return peerState === 'gone' || (peerState === 'ended' && !this.#client.allowsHalfClose);
  }

  /** Nobody has seen lately whether it is still there. */
  get isUnseen(): boolean {
    return this.#host.now() - this.#seenAt >= SEEN_MS;
  }

  /** Looks for it before anything else begins; each timeout is for {@link isKnown}. */
  ask(): void {
    this.#connection.look();
    this.#host.wheel.arm(this.#timer, LOOKED_MS);
  }

  /** On a timeout: whether the result is there. If not, the timer goes on. */
  isKnown(): boolean {
    if (this.#connection.isLooking) {
      this.ask();
      return false;
    }
    this.#seenAt = this.#host.now();
    return true;
  }

  // ——— while an answer waits for it

  /** It has yet to take an answer, or the rest of a tunnel; each timeout is for {@link isStalled}. */
  awaitTaking(isTunnel: boolean): void {
    const { wheel, timeouts } = this.#host;
    this.#progress ??= new WriteProgress();
    this.#pace = isTunnel ? null : new TakingPace();
    this.#pace?.begin(this.#host.now());
    wheel.arm(this.#timer, this.#progress.begin(this.#host.now(), timeouts.writeIdleMs));
  }

  /** On a timeout: whether it has taken nothing for `writeIdle`, or too little. If not, the timer goes on. */
  isStalled(): boolean {
    const { wheel, timeouts } = this.#host;
    const now = this.#host.now();
    if (this.#progress === null || this.#progress.isStalled(this.#connection, now, timeouts.writeIdleMs)) return true;
    if (this.#isTooSlow(now)) return true;
    wheel.arm(this.#timer, this.#progress.next(now, timeouts.writeIdleMs));
    return false;
  }

  #isTooSlow(now: number): boolean {
    const { slowClients } = this.#host.routing.snapshot.settings;
    if (slowClients === null || this.#pace === null) return false;
    const { responseBytesPerSecond, graceMs } = slowClients;
    return this.#pace.isBelow(this.#connection, 0, now, responseBytesPerSecond, graceMs);
  }
}
