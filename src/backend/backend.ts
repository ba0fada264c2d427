/**
 * A mock server for demos, tests and first steps: says who it is, echoes what reached it, and can be slow, flaky,
 * failing or frozen, by its owner or by a request to `/control`. Never for production. docs/backend.md lists its paths.
 *
 * ```ts
 * import { startBackend } from 'fairlead/backend';
 * ```
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { systemRandom } from '../core/random.ts';
import type { Random } from '../core/random.ts';
import { isUnixAddress } from '../core/unix-address.ts';
import { answerFor } from './answers.ts';
import { Behaviour } from './behaviour.ts';
import type { BackendMode, Verdict } from './behaviour.ts';
import { sendText } from './call.ts';
import type { BackendStats, ServerView } from './call.ts';
import { control } from './control.ts';
import { createFront } from './front.ts';
import type { FrontedConnection } from './front.ts';
import type { ProxyHeader } from '../net/proxy-protocol/parse.ts';
import { makeSelfSigned } from './self-signed.ts';
import type { ServerCertificate } from './self-signed.ts';
import { listenAt } from './stale-socket.ts';
import { createEchoServer, echoMessages, WITHOUT_WS } from './web-socket.ts';

export type { BackendMode } from './behaviour.ts';
export type { BackendStats } from './call.ts';
export type { ServerCertificate } from './self-signed.ts';

/** How a mock server behaves. Every option may be left out. */
export interface BackendOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. `unix:/path`: a unix socket; one that was left behind is replaced. */
  readonly host?: string;
  /** It is in the answers and in their `X-Backend` header. Default `backend`. */
  readonly name?: string;
  /** Milliseconds before every answer, default 0. */
  readonly latencyMs?: number;
  /** Share of requests that get 503, 0 to 1, default 0. `/healthcheck` is left out. */
  readonly errorRate?: number;
  /** What `/` answers, as plain text; default: the echo, as JSON. */
  readonly text?: string;
  /** How long an idle connection is kept, in milliseconds, default 5000 as Node has it; 0: closed after each answer. */
  readonly keepAliveMs?: number;
  /** Connections begin with a PROXY header, version 1 or 2, which the echo shows; others are reset. Default false. */
  readonly proxyProtocol?: boolean;
  /**
   * HTTPS, with this certificate. `true`: with one that is made at the start and signs itself, for `localhost`,
   * 127.0.0.1 and the host, which takes the program openssl. Default false.
   */
  readonly tls?: boolean | ServerCertificate;
  /** Decides which requests fail. */
  readonly random?: Random;
}

/** A mock server that runs; `close`, or the end of an `await using`, ends it. */
export interface Backend extends AsyncDisposable {
  readonly name: string;
  readonly host: string;
  /** Of a unix socket 0. */
  readonly port: number;
  /** `http://127.0.0.1:8081`, with TLS `https:`; of a unix socket its address. */
  readonly url: string;
  readonly mode: BackendMode;
  readonly stats: BackendStats;
  /** Sets what it does with requests from now on, e.g. `fail` for 503. */
  setMode(mode: BackendMode): void;
  /** Milliseconds. Throws a RangeError if it is not a time. */
  setLatency(latencyMs: number): void;
  /** 0 to 1. Throws a RangeError if it is not a share. */
  setErrorRate(errorRate: number): void;
  /** Stops listening and cuts every connection, whatever is in flight. */
  close(): Promise<void>;
}

/** Resolves once it listens; rejects with Node's error when it cannot, and where there is no certificate to be had. */
export async function startBackend(options: BackendOptions = {}): Promise<Backend> {
  const backend = new MockServer(options, await certificateFor(options));
  await backend.listen(options.port ?? 0);
  return backend;
}

/** Null: no TLS. Rejects with `NoCertificate`. */
export async function certificateFor({
  tls = false,
  host = '127.0.0.1',
}: Pick<BackendOptions, 'tls' | 'host'>): Promise<ServerCertificate | null> {
  if (typeof tls === 'object') return tls;
  if (!tls) return null;
  const names = new Set(['localhost', '127.0.0.1', ...(isUnixAddress(host) ? [] : [host])]);
  return makeSelfSigned([...names]);
}

class MockServer implements Backend, ServerView {
  readonly name: string;
  readonly host: string;
  readonly text: string | null;
  readonly behaviour: Behaviour;
  readonly #http: Server;
  /** What listens: the server itself, or what takes PROXY headers and TLS off in front of it. */
  readonly #listening: NetServer;
  readonly #isSecure: boolean;
  /** Those that came through what stands in front. */
  readonly #fronted = new WeakMap<Socket, FrontedConnection>();
  readonly #keepsAlive: boolean;
  /** The first client of `/ws` loads the WebSocket code. */
  #loading: Promise<WebSocketServer | null> | null = null;
  #webSockets: WebSocketServer | null = null;
  readonly #counts = { requests: 0, failures: 0, inFlight: 0 };
  readonly #sockets = new Set<Socket>();

  constructor(options: BackendOptions, tls: ServerCertificate | null) {
    const { latencyMs = 0, errorRate = 0, random = systemRandom, keepAliveMs = 5000, proxyProtocol = false } = options;
    this.#isSecure = tls !== null;
    this.name = options.name ?? 'backend';
    this.host = options.host ?? '127.0.0.1';
    this.text = options.text ?? null;
    this.behaviour = new Behaviour({ latencyMs, errorRate, random });
    const isWebSocket = (request: IncomingMessage): boolean =>
      request.headers.upgrade?.toLowerCase() === 'websocket' && /^\/ws(?:$|\?)/.test(request.url ?? '');
    this.#http = createServer({ shouldUpgradeCallback: isWebSocket, noDelay: true, requestTimeout: 0 });
    this.#http.keepAliveTimeout = keepAliveMs;
    this.#keepsAlive = keepAliveMs > 0;
    this.#http.on('request', (request, response) => void this.#serve(request, response));
    this.#http.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#listening =
      proxyProtocol || tls !== null
        ? createFront({ proxyProtocol, tls }, (connection) => this.#takeFronted(connection))
        : this.#http;
    this.#listening.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  #takeFronted(connection: FrontedConnection): void {
    this.#fronted.set(connection.socket, connection);
    this.#http.emit('connection', connection.socket);
  }

  headerOf(socket: Socket): ProxyHeader | null {
    return this.#fronted.get(socket)?.header ?? null;
  }

  get port(): number {
    const address = this.#listening.address() as AddressInfo | string;
    return typeof address === 'string' ? 0 : address.port;
  }

  get url(): string {
    if (isUnixAddress(this.host)) return this.host;
    const scheme = this.#isSecure ? 'https' : 'http';
    return `${scheme}://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  get mode(): BackendMode {
    return this.behaviour.mode;
  }

  get stats(): BackendStats {
    return { ...this.#counts, connections: this.#sockets.size, webSockets: this.#webSockets?.clients.size ?? 0 };
  }

  setMode(mode: BackendMode): void {
    this.behaviour.mode = mode;
  }

  setLatency(latencyMs: number): void {
    this.behaviour.latencyMs = latencyMs;
  }

  setErrorRate(errorRate: number): void {
    this.behaviour.errorRate = errorRate;
  }

  async listen(port: number): Promise<void> {
    await listenAt(this.#listening, this.host, port);
  }

  async close(): Promise<void> {
    if (!this.#listening.listening) return;
    const closed = once(this.#listening, 'close');
    this.#listening.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Never rejects: an exception here means a client that left, or a bug, and the connection is cut. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    response.setHeader('x-backend', this.name);
    if (!this.#keepsAlive) response.shouldKeepAlive = false;
    const url = URL.parse(request.url ?? '/', 'http://backend');
    const [, segment = '', ...rest] = (url?.pathname ?? '/').split('/');
    const query = url?.searchParams ?? new URLSearchParams();
    const call = { request, response, server: this, argument: rest.join('/'), query, signal: gone.signal };
    try {
      if (segment === 'control') return control(call);
      if (await this.#admit(request, segment === 'healthcheck', gone.signal, response)) await answerFor(segment)(call);
    } catch (error) {
      if (!gone.signal.aborted) console.error(`${this.name}: ${request.method} ${request.url}:`, error);
      response.destroy();
    }
  }

  /** Counts the request, waits as the mode says, and answers or resets it if the mode says so. False: that was done. */
  async #admit(
    request: IncomingMessage,
    isCheck: boolean,
    signal: AbortSignal,
    response: ServerResponse,
  ): Promise<boolean> {
    this.#counts.requests++;
    this.#counts.inFlight++;
    signal.addEventListener('abort', () => this.#counts.inFlight--, { once: true });
    const verdict = await this.behaviour.admit(isCheck, signal);
    if (verdict === 'serve') return true;
    this.#counts.failures++;
    if (verdict === 'fail') sendText(response, 503, `${this.name} fails on purpose\n`);
    else this.#reset(request.socket);
    return false;
  }

  /** There is no reset between unix sockets. */
  #reset(socket: Socket): void {
    if (isUnixAddress(this.host)) socket.destroy();
    else (this.#fronted.get(socket)?.raw ?? socket).resetAndDestroy();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    socket.on('error', () => {});
    this.#counts.requests++;
    let verdict: Verdict;
    try {
      verdict = await this.behaviour.admit(false, gone.signal);
    } catch {
      return;
    }
    if (verdict === 'serve') return this.#acceptWebSocket(request, socket, head);
    this.#counts.failures++;
    if (verdict === 'reset') this.#reset(request.socket);
    else socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }

  async #acceptWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#loading ??= createEchoServer();
    this.#webSockets = await this.#loading;
    if (this.#webSockets !== null) return this.#webSockets.handleUpgrade(request, socket, head, echoMessages);
    console.error(`${this.name}: ${WITHOUT_WS}`);
    const length = Buffer.byteLength(WITHOUT_WS);
    socket.end(
      `HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${WITHOUT_WS}`,
    );
  }
}
