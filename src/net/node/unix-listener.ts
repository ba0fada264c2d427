/**
 * A listening unix socket. Node cannot hand it to another thread (seen on 24.21 and 26.10), so it cannot rest as one of
 * TCP does (`listener.ts`). While accepting is paused it goes on, and what comes waits unread: so many connections at
 * most, any further one is closed.
 */
import type net from 'node:net';
import type { Guard } from '../guard.ts';
import type { Listener } from '../transport.ts';
import type { Accepted, ConnectionEngine } from './connection-engine.ts';

/** Connections that wait while accepting is paused: each has a descriptor, of those that `maxConnections` leaves free. */
const MOST_WAITING = 64;

/** What happens to what has been accepted; `onGone` is called when it has closed. */
export type TakeUnix = (accepted: Accepted, onGone: () => void) => void;

export class UnixListener implements Listener {
  readonly host: string;
  readonly port = 0;
  readonly canMove = false;
  connectionCount = 0;
  readonly #server: net.Server;
  readonly #engine: ConnectionEngine;
  readonly #take: TakeUnix;
  /** While accepting is paused. */
  #waiting: Accepted[] | null = null;

  readonly #onGone = (): void => {
    this.connectionCount -= 1;
  };

  /** Takes over a server that listens and has accepted nothing yet; `path` is where. */
  constructor(server: net.Server, path: string, engine: ConnectionEngine, take: TakeUnix, guard: Guard) {
    this.host = path;
    this.#server = server;
    this.#engine = engine;
    this.#take = take;
    engine.hear(server, (accepted) => this.#accept(accepted));
    server.on('error', (error) => guard.report(error));
  }

  pauseAccepting(): void {
    this.#waiting ??= [];
  }

  resumeAccepting(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const accepted of waiting) this.#accept(accepted);
  }

  /** What waits is served. */
  close(): Promise<void> {
    this.resumeAccepting();
    this.#server.close();
    return Promise.resolve();
  }

  #accept(accepted: Accepted): void {
    if (this.#waiting === null) {
      this.connectionCount += 1;
      this.#take(accepted, this.#onGone);
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push(accepted);
    } else {
      this.#engine.drop(accepted);
    }
  }
}
