/** A mock server below HTTP: says its name in a line, and then sends back whatever it hears. Never for production. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { isUnixAddress } from '../core/unix-address.ts';
import { listenAt } from './stale-socket.ts';

/** How it behaves. Every option may be left out. */
export interface TcpBackendOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. `unix:/path`: a unix socket; one that was left behind is replaced. */
  readonly host?: string;
  /** The first line of every connection. Default `backend`. */
  readonly name?: string;
}

/** A mock server that runs; `close`, or the end of an `await using`, ends it. */
export interface TcpBackend extends AsyncDisposable {
  readonly name: string;
  /** Of a unix socket 0. */
  readonly port: number;
  /** `tcp://127.0.0.1:5432`; of a unix socket its address. */
  readonly url: string;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Resolves once it listens; rejects with Node's error when it cannot. */
export async function startTcpBackend(options: TcpBackendOptions = {}): Promise<TcpBackend> {
  const { port = 0, host = '127.0.0.1', name = 'backend' } = options;
  const echo = new EchoServer(name, host);
  await echo.listen(port);
  return echo;
}

class EchoServer implements TcpBackend {
  readonly name: string;
  readonly #host: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(name: string, host: string) {
    this.name = name;
    this.#host = host;
    // A client that has ended its side still gets all that it has sent.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#serve(socket));
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | string;
    return typeof address === 'string' ? 0 : address.port;
  }

  get url(): string {
    if (isUnixAddress(this.#host)) return this.#host;
    return `tcp://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(`${this.name}\n`);
    socket.pipe(socket);
  }

  async listen(port: number): Promise<void> {
    await listenAt(this.#server, this.#host, port);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
