/**
 * A listening unix socket. Node cannot hand it to another thread (seen on 24.21 and 26.10), so it cannot rest as one of
 * TCP does (`listener.ts`). While accepting is paused it goes on, and what comes waits unread: so many connections at
 * most, any further one is closed.
 */
import type net from 'node:net';
import type { Guard } from '../guard.ts';
import type { Listener } from '../transport.ts';

/** Connections that wait while accepting is paused: each has a descriptor, of those that `maxConnections` leaves free. */
const MOST_WAITING = 64;

/** What happens to an accepted socket; `onGone` is called when it has closed. */
export type TakeUnixSocket = (socket: net.Socket, onGone: () => void) => void;

export class UnixListener implements Listener {
  readonly host: string;
  readonly port = 0;
  readonly canMove = false;
  connectionCount = 0;
  readonly #server: net.Server;
  readonly #take: TakeUnixSocket;
  /** While accepting is paused. */
  #waiting: net.Socket[] | null = null;

  readonly #onGone = (): void => {
    this.connectionCount -= 1;
  };

  /** Takes over a server that listens and has accepted nothing yet; `path` is where. */
  constructor(server: net.Server, path: string, take: TakeUnixSocket, guard: Guard) {
    this.host = path;
    this.#server = server;
    this.#take = take;
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', (error) => guard.report(error));
  }

  pauseAccepting(): void {
    this.#waiting ??= [];
  }

  resumeAccepting(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const socket of waiting) this.#accept(socket);
  }

  /** What waits is served. */
  close(): Promise<void> {
    this.resumeAccepting();
    this.#server.close();
    return Promise.resolve();
  }

  #accept(socket: net.Socket): void {
    if (this.#waiting === null) {
      this.connectionCount += 1;
      this.#take(socket, this.#onGone);
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push(socket);
    } else {
      socket.destroy();
    }
  }
}
