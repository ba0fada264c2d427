/** A client of a test: one request on a connection of its own, and what has come of it. */
import type { MemoryConnection, MemoryPeer } from './memory-connection.ts';
import { MessageReader } from './message-reader.ts';
import type { Message } from './message-reader.ts';

/** A request to send. All but the target may be left out. */
export interface TestRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query, or what else the method wants. Default `/`. */
  readonly target?: string;
  /** The Host header. Default `example.test`. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Latin1 text. Default: no body. Where `headers` have a `content-length` or a `transfer-encoding`, this is only how it
   * begins, and the rest is for {@link PendingRequest.write}.
   */
  readonly body?: string;
  /** The client's address. Default `192.0.2.200`. */
  readonly from?: string;
  /** Name of the listener it comes to. Default: the first of the config. */
  readonly listener?: string;
}

/** What a client got. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `Fairlead-Error` where the answer is Fairlead's own, else `''`. */
  readonly reason: string;
  /** Milliseconds from the request to the whole answer. */
  readonly tookMs: number;
}

export type TestOutcome = TestAnswer | 'connection-lost' | null;

export class TestClient implements MemoryPeer {
  /** Null while there is neither an answer nor an end. */
  outcome: TestOutcome = null;
  readonly #reader: MessageReader;
  readonly #sentAt: number;
  readonly #now: () => number;
  #connection: MemoryConnection | null = null;

  constructor(method: string, now: () => number) {
    this.#now = now;
    this.#sentAt = now();
    this.#reader = new MessageReader({
      onMessage: (message) => this.#onMessage(message),
      isBodiless: ({ startLine }) => method === 'HEAD' || / (?:1\d\d|204|304) /.test(`${startLine} `),
      readsToEnd: true,
    });
  }

  send(connection: MemoryConnection, request: TestRequest): void {
    this.#connection = connection;
    connection.arrive(writeRequest(request));
  }

  write(text: string): void {
    this.#connection?.arrive(text);
  }

  /** The client goes away, by a reset. */
  leave(): void {
    this.#connection?.arriveReset();
  }

  onText(text: string): void {
    this.#reader.take(text);
  }

  onEnd(): void {
    this.#reader.end();
    this.#connection?.arriveEnd();
  }

  onGone(): void {
    this.#connection = null;
    this.outcome ??= 'connection-lost';
  }

  #onMessage({ startLine, headers, body }: Message): void {
    const status = Number(startLine.split(' ')[1]);
    if (status < 200 && status !== 101) return;
    const reason = headers['fairlead-error'] ?? '';
    this.outcome ??= { status, headers, body, reason, tookMs: this.#now() - this.#sentAt };
    this.#connection?.arriveEnd();
  }
}

function writeRequest({
  method = 'GET',
  target = '/',
  host = 'example.test',
  headers = {},
  body,
}: TestRequest): string {
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const isFramed = Object.keys(headers).some((name) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const length = body === undefined || isFramed ? '' : `content-length: ${body.length}\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body ?? ''}`;
}
