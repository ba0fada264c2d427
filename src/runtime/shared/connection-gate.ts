/**
 * Keeps client connections of the process at `maxConnections`: a thread that accepts one looks at the sum over all
 * threads, and pauses its own listeners when it is reached; connections then wait in the kernel's backlog. Threads
 * look again with every heartbeat. The limit may be passed by a few connections that were accepted at the same time.
 */
import type { Listener } from '../../net/transport.ts';
import type { ThreadTable } from './thread-table.ts';

export class ConnectionGate {
  /** 0: no limit yet. */
  max = 0;
  readonly #threads: ThreadTable;
  readonly #onLimit: (connections: number) => void;
  readonly #listeners = new Set<Listener>();
  #isPaused = false;

  /** `onLimit` hears each time that accepting pauses. */
  constructor(threads: ThreadTable, onLimit: (connections: number) => void) {
    this.#threads = threads;
    this.#onLimit = onLimit;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
    if (this.#isPaused) listener.pauseAccepting();
  }

  delete(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  check(): void {
    const connections = this.#threads.totalConnections();
    const isFull = this.max > 0 && connections >= this.max;
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    for (const listener of this.#listeners) {
      if (isFull) listener.pauseAccepting();
      else listener.resumeAccepting();
    }
    if (isFull) this.#onLimit(connections);
  }
}
