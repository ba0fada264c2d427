/**
 * Keeps client connections of the process at `maxConnections`: a thread that accepts one looks at the sum over all
 * threads, and pauses its own listeners when it is reached; connections then wait in the kernel's backlog. Threads
 * look again with every heartbeat. The limit may be passed by a few connections that were accepted at the same time.
 * Listeners with TLS rest as well while too many clients of this thread are on their way into it.
 */
import type { Listener } from '../../net/transport.ts';
import type { ThreadTable } from './thread-table.ts';

/** So many clients of a thread may be on their way into TLS: no further ones are accepted then. */
export const MOST_GREETINGS = 1024;
/** There is room again with fewer than this share of them: to stop accepting and to begin again takes its time. */
export const ROOM_SHARE = 3 / 4;

export class ConnectionGate {
  /** 0: no limit yet. */
  max = 0;
  readonly #threads: ThreadTable;
  readonly #onLimit: (connections: number) => void;
  /** Whether each has TLS. */
  readonly #listeners = new Map<Listener, boolean>();
  /** Those that rest. */
  readonly #resting = new Set<Listener>();
  #isFull = false;
  #isCrowded = false;

  /** `onLimit` hears each time that accepting pauses. */
  constructor(threads: ThreadTable, onLimit: (connections: number) => void) {
    this.#threads = threads;
    this.#onLimit = onLimit;
  }

  /** Also for one that is known already and has come to have TLS, or has none any more. */
  add(listener: Listener, hasTls = false): void {
    this.#listeners.set(listener, hasTls);
    this.#settle(listener, hasTls);
  }

  delete(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#resting.delete(listener);
  }

  /** Too many clients are on their way into TLS, or there is room again. */
  crowd(isCrowded: boolean): void {
    this.#isCrowded = isCrowded;
    for (const [listener, hasTls] of this.#listeners) this.#settle(listener, hasTls);
  }

  check(): void {
    const connections = this.#threads.totalConnections();
    const isFull = this.max > 0 && connections >= this.max;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    for (const [listener, hasTls] of this.#listeners) this.#settle(listener, hasTls);
    if (isFull) this.#onLimit(connections);
  }

  #settle(listener: Listener, hasTls: boolean): void {
    const isToRest = this.#isFull || (hasTls && this.#isCrowded);
    if (isToRest === this.#resting.has(listener)) return;
    if (isToRest) {
      this.#resting.add(listener);
      listener.pauseAccepting();
    } else {
      this.#resting.delete(listener);
      listener.resumeAccepting();
    }
  }
}
