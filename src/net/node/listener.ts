/** A listening socket and the connections it has accepted. */
import net from 'node:net';
import type { Connection, ConnectionHandler, Listener } from '../transport.ts';
import type { NodeTransport } from './transport.ts';

export type Accept = (connection: Connection) => ConnectionHandler;

export class NodeListener implements Listener {
  readonly host: string;
  readonly port: number;
  connectionCount = 0;
  readonly #transport: NodeTransport;
  readonly #server: net.Server;
  readonly #accept: Accept;
  readonly #onGone = (): void => {
    this.connectionCount -= 1;
  };

  constructor(transport: NodeTransport, server: net.Server, accept: Accept) {
    const address = server.address() as net.AddressInfo;
    this.host = address.address;
    this.port = address.port;
    this.#transport = transport;
    this.#server = server;
    this.#accept = accept;
    server.on('connection', (socket) => this.#onConnection(socket));
    server.on('error', (error) => transport.guard.report(error));
  }

  pauseAccepting(): void {
    // comes with the hand-over
  }

  resumeAccepting(): void {
    // comes with the hand-over
  }

  close(): Promise<void> {
    this.#server.close();
    return Promise.resolve();
  }

  #onConnection(socket: net.Socket): void {
    this.connectionCount += 1;
    this.#transport.adoptSocket(socket, this.#accept, this.#onGone);
  }
}
