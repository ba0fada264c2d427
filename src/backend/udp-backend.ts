/** A mock server of UDP: answers each datagram with its name, a line break, and what it heard. Never for production. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** How it behaves. Every option may be left out. */
export interface UdpBackendOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The first line of every answer. Default `backend`. */
  readonly name?: string;
}

/** A mock server that runs; `close`, or the end of an `await using`, ends it. */
export interface UdpBackend extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** `udp://127.0.0.1:5353` */
  readonly url: string;
  /** Datagrams that it has heard. */
  readonly received: number;
  close(): Promise<void>;
}

/** Resolves once it listens; rejects with Node's error when it cannot. */
export async function startUdpBackend(options: UdpBackendOptions = {}): Promise<UdpBackend> {
  const { port = 0, host = '127.0.0.1', name = 'backend' } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, host);
    await listening;
  } catch (error) {
    socket.on('error', () => {}).close();
    throw error;
  }
  return new AnsweringSocket(socket, name, host);
}

class AnsweringSocket implements UdpBackend {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  received = 0;
  readonly #socket: Socket;
  readonly #line: Buffer;
  #isClosed = false;

  /** Takes a bound socket over. */
  constructor(socket: Socket, name: string, host: string) {
    this.name = name;
    this.port = socket.address().port;
    this.url = `udp://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    this.#socket = socket;
    this.#line = Buffer.from(`${name}\n`);
    // A client that is gone is no trouble of this server.
    socket.on('error', () => {});
    socket.on('message', (datagram, { address, port }) => this.#answer(datagram, address, port));
  }

  #answer(datagram: Buffer, address: string, port: number): void {
    this.received++;
    if (!this.#isClosed) this.#socket.send([this.#line, datagram], port, address);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
