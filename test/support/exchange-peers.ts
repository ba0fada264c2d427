/** The two sides of an exchange under a test's hand, which write down what they are sent, and heads for them. */
import type { Fault } from '../../src/core/errors.ts';
import { ClientConnection } from '../../src/http/client-connection.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, RequestHead, ResponseHead } from '../../src/http/head.ts';
import type { OutgoingRequest } from '../../src/http/outgoing.ts';
import type { ClientStream, HttpWaiter, UpstreamStream } from '../../src/http/stream.ts';
import type { Home } from '../../src/upstream/leased.ts';
import { testSnapshot } from './data-plane.ts';
import type { TestPlaneOptions } from './data-plane.ts';

/** What a client is sent, in words: statuses, `bytes`, `end`, `cut`, `fin`. */
export class StageClient implements ClientStream {
  takenBytes = -1;
  untakenBytes = 0;
  readonly connection: ClientConnection;
  isBlocked = false;
  isPaused = false;
  hasBegun = true;
  sent = '';
  doneCount = 0;
  /** Of the last answer: its head, the lines that came with it, and its body; or the error. */
  head: ResponseHead | null = null;
  lines = '';
  body = '';
  trailers = '';
  fault: { readonly code: string; readonly isJson: boolean } | null = null;
  /** `''`: it got no error of ours. */
  get faultCode(): string {
    return this.fault === null ? '' : this.fault.code;
  }

  constructor(options: TestPlaneOptions) {
    this.connection = new ClientConnection(
      testSnapshot(options).listeners[0],
      {
        scheme: 'http',
        alpn: '',
        serverName: '',
        peer: { address: '127.0.0.1', port: 50_000 },
        localPort: 80,
        tls: null,
      },
      { localAddress: '127.0.0.1' },
    );
  }

  #say(what: string): void {
    this.sent = this.sent === '' ? what : `${this.sent} ${what}`;
  }
  sendInformational(head: ResponseHead): void {
    this.#say(String(head.status));
  }
  sendHead(head: ResponseHead, _hasBody: boolean, _close: boolean, _route: object, lines: string): void {
    this.#say(String(head.status));
    this.head = head;
    this.lines = lines;
  }
  look(): void {}
  sendBody(buffer: Buffer, start: number, end: number): boolean {
    this.#say('bytes');
    this.body += buffer.latin1Slice(start, end);
    return !this.isBlocked;
  }
  sendEnd(trailers: string): void {
    this.#say('end');
    this.trailers = trailers;
  }
  flush(): void {}
  abort(): void {
    this.#say('cut');
  }
  sendFault({ status, code }: Fault, _requestId: string, isJson: boolean): void {
    this.#say(String(status));
    this.fault = { code, isJson };
  }
  pauseBody(): void {
    this.isPaused = true;
  }
  resumeBody(): void {
    this.isPaused = false;
  }
  upgrade(head: ResponseHead, lines: string): void {
    this.#say(String(head.status));
    this.lines = lines;
  }
  endTunnel(): void {
    this.#say('fin');
  }
  done(): void {
    this.doneCount++;
  }
}

/** A connection to an endpoint, and what came of it. */
export class StageUpstream implements UpstreamStream {
  takenBytes = -1;
  readonly isReused: boolean;
  readonly hasAnswered = false;
  isBlocked = false;
  isPaused = false;
  /** What it was sent, in words: the method, pieces of the body, `end`, `fin`. */
  sent = '';
  trailers = '';
  /** Of its head: what is of its exchange alone. */
  ownLines = '';
  /** How often it was given back or given up: exactly once each. */
  ends = 0;
  /** It was given back, and not given up. */
  isKept = false;
  readonly #home: Home<HttpWaiter>;

  constructor(home: Home<HttpWaiter>, isReused: boolean) {
    this.#home = home;
    this.isReused = isReused;
  }
  #say(what: string): void {
    this.sent = this.sent === '' ? what : `${this.sent} ${what}`;
  }
  sendHead({ head }: OutgoingRequest, _requestId: string, ownLines: string): void {
    this.#say(head.method);
    this.ownLines = ownLines;
  }
  look(): void {}
  sendBody(buffer: Buffer, start: number, end: number): boolean {
    this.#say(buffer.latin1Slice(start, end));
    return !this.isBlocked;
  }
  sendEnd(trailers: string): void {
    this.#say('end');
    this.trailers = trailers;
  }
  flush(): void {}
  pauseBody(): void {
    this.isPaused = true;
  }
  resumeBody(): void {
    this.isPaused = false;
  }
  endTunnel(): void {
    this.#say('fin');
  }
  release(): void {
    this.isKept = true;
    this.#gone();
  }
  abort(): void {
    this.#gone();
  }
  /** The socket closes, whoever wanted it. */
  #gone(): void {
    this.ends++;
    this.#home.closed();
  }
}

/** A POST whose body comes in chunks. */
export const CHUNKED_POST: Partial<RequestHead> = { method: 'POST', bodyKind: BODY_CHUNKED };

/** A GET without a body, unless `fields` say otherwise. */
export function requestHead(fields: Partial<RequestHead> = {}): RequestHead {
  return Object.assign(new RequestHead(), { method: 'GET', target: '/', authority: 'a', host: 'a', ...fields });
}

/** Five bytes follow a 200, and nothing another status, unless `fields` say otherwise. */
export function responseHead(status: number, fields: Partial<ResponseHead> = {}): ResponseHead {
  return Object.assign(new ResponseHead(), {
    status,
    bodyKind: status === 200 ? BODY_LENGTH : BODY_NONE,
    contentLength: status === 200 ? 5 : 0,
    upgrade: status === 101 ? 'websocket' : '',
    ...fields,
  });
}
