/** Servers and clients of the real Socket.IO, and as much of its types as is used here. */
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

interface ServerModule {
  readonly Server: new (server: http.Server, options: object) => IoServer;
}

interface IoServer {
  readonly engine: { on(event: 'connection_error', heard: (error: { readonly message: string }) => void): void };
  on(
    event: 'connection',
    heard: (socket: { on(event: string, heard: (answer: (index: number) => void) => void): void }) => void,
  ): void;
}

interface ClientModule {
  io(url: string, options: object): ClientSocket;
}

/** A client's end. */
export interface ClientSocket {
  readonly connected: boolean;
  readonly io: { readonly engine: { readonly transport: { readonly name: string } } };
  on(event: 'connect' | 'disconnect', heard: () => void): void;
  emitWithAck(event: string): Promise<number>;
  timeout(ms: number): { emitWithAck(event: string): Promise<number> };
  disconnect(): void;
}

const require = createRequire(import.meta.url);
const { Server } = require('socket.io') as ServerModule;
const { io } = require('socket.io-client') as ClientModule;

/** Answers `who` with its number, and any other request with it as well. */
export class SocketIoServer {
  readonly #index: number;
  port = 0;
  /** What it has refused: requests of sessions that it does not know, above all. */
  readonly refused: string[] = [];
  #http: http.Server | null = null;
  readonly #sockets = new Set<Socket>();

  constructor(t: TestContext, index: number) {
    this.#index = index;
    t.after(() => this.kill());
  }

  async start(): Promise<void> {
    const server = http.createServer((_request, response) => response.end(String(this.#index)));
    const sockets = new Server(server, { pingInterval: 500, pingTimeout: 2000 });
    sockets.engine.on('connection_error', ({ message }) => this.refused.push(message));
    sockets.on('connection', (socket) => socket.on('who', (answer) => answer(this.#index)));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.#http = server;
  }

  /** As if its process were gone: connections are cut, and connects refused. */
  async kill(): Promise<void> {
    const server = this.#http;
    this.#http = null;
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}

/** Of a user at this address; comes back by itself. */
export function connectSocketIo(t: TestContext, port: number, address: string, options: object = {}): ClientSocket {
  const extraHeaders = { 'X-Forwarded-For': address };
  const patience = { reconnectionDelay: 20, reconnectionDelayMax: 100, timeout: 2000 };
  const socket = io(`http://127.0.0.1:${port}`, { forceNew: true, extraHeaders, ...patience, ...options });
  t.after(() => socket.disconnect());
  return socket;
}
