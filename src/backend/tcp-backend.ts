/** A mock server below HTTP: says its name in a line, and then sends back whatever it hears. Never for production. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { isUnixAddress } from '../core/unix-address.ts';
import { certificateFor } from './backend.ts';
import type { BackendOptions } from './backend.ts';
import { createFront } from './front.ts';
import type { FrontedConnection } from './front.ts';
import type { ServerCertificate } from './self-signed.ts';
import { listenAt } from './stale-socket.ts';

/** How it behaves: `name` is the first line of every connection. Every option may be left out. */
export type TcpBackendOptions = Pick<BackendOptions, 'port' | 'host' | 'name' | 'proxyProtocol' | 'tls'>;

/** A mock server that runs; `close`, or the end of an `await using`, ends it. */
export interface TcpBackend extends AsyncDisposable {
  readonly name: string;
  /** Of a unix socket 0. */
  readonly port: number;
  /** `tcp://127.0.0.1:5432`, with TLS `tls:`; of a unix socket its address. */
  readonly url: string;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Resolves once it listens; rejects with Node's error when it cannot, and where there is no certificate to be had. */
export async function startTcpBackend(options: TcpBackendOptions = {}): Promise<TcpBackend> {
  const echo = new EchoServer(options, await certificateFor(options));
  await echo.listen(options.port ?? 0);
  return echo;
}

class EchoServer implements TcpBackend {
  readonly name: string;
  readonly #host: string;
  readonly #scheme: 'tcp' | 'tls';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: TcpBackendOptions, tls: ServerCertificate | null) {
    const { name = 'backend', host = '127.0.0.1', proxyProtocol = false } = options;
    this.name = name;
    this.#host = host;
    this.#scheme = tls === null ? 'tcp' : 'tls';
    // A client that has ended its side still gets all that it has sent.
    this.#server = createFront({ proxyProtocol, tls }, (connection) => this.#serve(connection));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | string;
    return typeof address === 'string' ? 0 : address.port;
  }

  get url(): string {
    if (isUnixAddress(this.#host)) return this.#host;
    return `${this.#scheme}://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`;
  }

  #serve({ socket, header }: FrontedConnection): void {
    socket.on('error', () => socket.destroy());
    const source = header?.ends?.source;
    // Whom a PROXY header names; a check of the balancer's own names nobody.
    const client =
      header === null ? '' : ` for ${source === undefined ? 'nobody' : `${source.address} ${source.port}`}`;
    socket.write(`${this.name}${client}\n`);
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
