/** A server of a test: what it does with connects, requests and checks is the test's to say, at any moment. */
import type { ProbeResult } from '../checks/probe.ts';
import { failed, passed } from '../checks/probe.ts';
import type { Cancel } from '../checks/scheduler.ts';
import type { MemoryConnection, MemoryPeer } from './memory-connection.ts';
import { MessageReader } from './message-reader.ts';
import type { Message } from './message-reader.ts';

/** A request as it has come to an endpoint. */
export interface EndpointRequest extends Message {
  readonly method: string;
  readonly target: string;
}

/** What an endpoint does with a request. All may be left out. */
export interface EndpointAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `''`. */
  readonly body?: string;
  /** Milliseconds until the answer begins, default 0. */
  readonly afterMs?: number;
  /**
   * How it ends. `whole`: as it should. `reset`, `close`: the connection is reset, or closed, in place of an answer.
   * `reset-in-body`: the same when half of the body has gone out. `never`: nothing comes. Default `whole`.
   */
  readonly ending?: 'whole' | 'reset' | 'close' | 'reset-in-body' | 'never';
}

/** What it does with connects. `vanish`: nothing ever comes back, not even a refusal. */
export type ConnectBehaviour = 'accept' | 'refuse' | 'vanish';

export interface EndpointHost {
  after(ms: number, run: () => void): Cancel;
}

/** The name of an endpoint as its config writes it, and what is behind it. */
export class TestEndpoint {
  readonly id: string;
  /** Requests that have come whole, in their order. */
  readonly requests: EndpointRequest[] = [];
  /** What it does with a connect from now on. Default `accept`. */
  connects: ConnectBehaviour = 'accept';
  /** What its active checks find, whatever they ask. Default `passes`. `silent`: no answer within their time. */
  check: 'passes' | 'fails' | 'silent' = 'passes';
  readonly #host: EndpointHost;
  readonly #connections = new Set<EndpointConnection>();
  #answer: (request: EndpointRequest) => EndpointAnswer = () => ({ body: this.id });

  constructor(id: string, host: EndpointHost) {
    this.id = id;
    this.#host = host;
  }

  /** Connections that are open. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** What it does with requests from now on. At the beginning it answers 200 and its own name. */
  respond(answer: EndpointAnswer | ((request: EndpointRequest) => EndpointAnswer)): void {
    this.#answer = typeof answer === 'function' ? answer : () => answer;
  }

  /** The process is killed: its connections are reset, new ones refused, checks as well. */
  kill(): void {
    this.connects = 'refuse';
    for (const connection of this.#connections) connection.reset();
  }

  /** The process is frozen, or its host is gone: nothing is answered any more, and nothing refused. */
  vanish(): void {
    this.connects = 'vanish';
    for (const connection of this.#connections) connection.isFrozen = true;
  }

  /** All is well again; what it had not answered it never will. */
  recover(): void {
    this.connects = 'accept';
    this.check = 'passes';
    this.respond(() => ({ body: this.id }));
  }

  /** @internal The data plane connects. */
  take(open: (peer: MemoryPeer) => MemoryConnection): void {
    const connection = new EndpointConnection(this);
    connection.attach(open(connection));
    if (this.connects === 'refuse') return connection.refuse();
    this.#connections.add(connection);
    if (this.connects === 'vanish') connection.isFrozen = true;
    else connection.accept();
  }

  /** @internal An active check of this kind asks, or a bare connect (`tcp`). Null: no answer. */
  answerCheck(_kind: string): ProbeResult | null {
    if (this.connects === 'refuse') return { ...failed('connection refused', 'connect'), isRefused: true };
    if (this.connects === 'vanish' || this.check === 'silent') return null;
    return this.check === 'passes' ? passed('200') : failed('503');
  }

  /** @internal */
  requested(request: EndpointRequest, connection: EndpointConnection): void {
    this.requests.push(request);
    const answer = this.#answer(request);
    const { afterMs = 0 } = answer;
    if (afterMs > 0) this.#host.after(afterMs, () => connection.answer(answer, request));
    else connection.answer(answer, request);
  }

  /** @internal */
  gone(connection: EndpointConnection): void {
    this.#connections.delete(connection);
  }
}

/** One connection as its endpoint has it. */
class EndpointConnection implements MemoryPeer {
  /** Neither reads nor answers. */
  isFrozen = false;
  readonly #endpoint: TestEndpoint;
  readonly #reader: MessageReader;
  #connection: MemoryConnection | null = null;

  constructor(endpoint: TestEndpoint) {
    this.#endpoint = endpoint;
    this.#reader = new MessageReader({
      onMessage: (message) => this.#onRequest(message),
      isBodiless: () => false,
      readsToEnd: false,
    });
  }

  attach(connection: MemoryConnection): void {
    this.#connection = connection;
  }

  accept(): void {
    this.#connection?.connected();
  }

  refuse(): void {
    this.#connection?.refused();
  }

  reset(): void {
    this.#connection?.arriveReset();
  }

  onText(text: string): void {
    if (!this.isFrozen) this.#reader.take(text);
  }

  onEnd(): void {
    if (!this.isFrozen) this.#connection?.arriveEnd();
  }

  onGone(): void {
    this.#connection = null;
    this.#endpoint.gone(this);
  }

  #onRequest(message: Message): void {
    const [method, target] = message.startLine.split(' ');
    this.#endpoint.requested({ ...message, method, target }, this);
  }

  answer(answer: EndpointAnswer, request: EndpointRequest): void {
    if (this.#connection === null || this.isFrozen) return;
    const { status = 200, body = '', headers = {}, ending = 'whole' } = answer;
    if (ending === 'never') return;
    if (ending === 'reset') return this.#connection.arriveReset();
    if (ending === 'close') return this.#connection.arriveEnd();
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const hasBody = status !== 204 && status !== 304;
    const length = hasBody ? `content-length: ${body.length}\r\n` : '';
    this.#connection.arrive(`HTTP/1.1 ${status} Test\r\n${lines.join('')}${length}\r\n`);
    const sent = hasBody && request.method !== 'HEAD' ? body : '';
    if (ending === 'whole') {
      if (sent !== '') this.#connection.arrive(sent);
      return;
    }
    this.#connection.arrive(sent.slice(0, Math.floor(sent.length / 2)));
    this.#connection.arriveReset();
  }
}
