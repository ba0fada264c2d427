/**
 * Node's own HTTP parser in strict mode, by public API alone: a server and a client over streams in memory.
 * Events are emitted on the streams directly, so a message is read within one call.
 */
import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage, Server } from 'node:http';
import { Duplex } from 'node:stream';
import type { ReadMessage, Reading, ReadingEnd, ResponseReading } from './reading.ts';
import * as reference from './reference.ts';

/** Takes what is written and gives nothing of its own. */
class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
  setTimeout(): this {
    return this;
  }
}

function makeServer(): Server {
  return createServer({
    insecureHTTPParser: false,
    // A missing Host is told apart by hand: Node answers it by itself, which no event shows.
    requireHostHeader: false,
    highWaterMark: 1 << 20,
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
    connectionsCheckingInterval: 1 << 30,
  });
}

export class NodeRequestParser {
  readonly #server = makeServer();
  #incoming: IncomingMessage[] = [];
  #messages: ReadMessage[] = [];
  #end: ReadingEnd = 'complete';
  #why = '';

  constructor() {
    const take = (incoming: IncomingMessage): void => void this.#incoming.push(incoming);
    this.#server.on('request', take);
    this.#server.on('checkContinue', take);
    this.#server.on('checkExpectation', (incoming) => {
      if (this.#end === 'complete') this.#refuse('expectation', incoming);
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException) => {
      if (this.#end !== 'complete') return;
      const isEnd = error.code === 'HPE_INVALID_EOF_STATE';
      this.#end = isEnd ? 'incomplete' : error.code === 'HPE_CLOSED_CONNECTION' ? 'closed' : 'refused';
      this.#why = error.code ?? '';
      this.#collect();
    });
    // Without it Node itself refuses CONNECT; the parser has accepted it.
    this.#server.on('connect', (incoming) => this.#refuse('connect', incoming));
  }

  #refuse(why: string, incoming: IncomingMessage): void {
    this.#end = 'refused';
    this.#why = why;
    this.#collect();
    incoming.resume();
  }

  /** Reads a connection to its end. */
  read(parts: readonly Buffer[]): Reading {
    this.#incoming = [];
    this.#messages = [];
    this.#end = 'complete';
    this.#why = '';
    const wire = new Wire();
    wire.on('error', () => {});
    this.#server.emit('connection', wire);
    for (const part of parts) {
      if (this.#end === 'complete') wire.emit('data', part);
    }
    if (this.#end === 'complete') wire.emit('end');
    this.#collect();
    wire.destroy();
    return { messages: this.#messages, end: this.#end, why: this.#why, forwarded: null };
  }

  /** Turns what came so far into messages, up to the first that is not whole or that Node does not judge. */
  #collect(): void {
    const incoming = this.#incoming;
    this.#incoming = [];
    for (const message of incoming) {
      message.on('error', () => {});
      if (this.#end === 'upgraded' || !message.complete) return;
      const raw = message.rawHeaders;
      if (message.httpVersion === '1.1' && message.headers.host === undefined) {
        this.#end = 'refused';
        this.#why = 'no-host';
        return;
      }
      const method = message.method as string;
      this.#messages.push({
        start: `${method} ${reference.reducedTarget(method, message.url as string)} ${message.httpVersion}`,
        passing: reference.passingLines(raw, true),
        fields: reference.requestFields(raw, message.url as string),
        length: reference.contentLength(raw),
        body: readBody(message),
        trailers: reference.trailerLines(message.rawTrailers),
      });
      // Node's parser stops at a request that could switch protocols, whether anybody listens or not.
      if (message.headers.upgrade !== undefined && reference.connectionOptions(raw).has('upgrade'))
        this.#end = 'upgraded';
    }
  }
}

/** One response on a connection of its own. Made ahead of time, since Node opens a request a tick later. */
export class NodeResponseReader {
  readonly #wire = new Wire();
  readonly #request: ClientRequest;
  #response: IncomingMessage | null = null;
  #informational: ReadMessage[] = [];
  #end: ReadingEnd = 'complete';
  #why = '';
  /** Whether the message has ended. */
  get isComplete(): boolean {
    return this.#end === 'upgraded' || this.#response?.complete === true;
  }

  constructor(method: string) {
    this.#wire.on('error', () => {});
    const options = { method, host: 'a', insecureHTTPParser: false, highWaterMark: 1 << 20 };
    this.#request = request({ ...options, createConnection: () => this.#wire });
    this.#request.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#end !== 'complete') return;
      this.#end = !error.code?.startsWith('HPE') ? 'incomplete' : 'refused';
      this.#why = error.code ?? '';
    });
    this.#request.on('information', ({ statusCode, statusMessage, httpVersion, rawHeaders }) => {
      this.#informational.push({
        start: `${statusCode} ${statusMessage} ${httpVersion}`,
        passing: reference.passingLines(rawHeaders, false),
        fields: '',
        length: '',
        body: '',
        trailers: [],
      });
    });
    this.#request.on('response', (response) => {
      this.#response = response;
      response.on('error', () => {});
    });
    this.#request.on('upgrade', (response) => {
      this.#response = response;
      this.#end = 'upgraded';
    });
    this.#request.end();
  }

  /** Gives Node some bytes; false once it has refused them. */
  push(part: Buffer): boolean {
    if (this.#end === 'complete' && part.length > 0) this.#wire.emit('data', part);
    return this.#end === 'complete';
  }

  /** The end of the connection, and what came of it all. */
  finish(consumed: number): ResponseReading {
    if (this.#end === 'complete' && !this.isComplete) this.#wire.emit('end');
    const response = this.#response;
    let message: ReadMessage | null = null;
    const isWhole = this.#end !== 'refused' && this.isComplete;
    if (response !== null && isWhole) message = describe(response);
    const end = this.#end === 'complete' && message === null ? 'incomplete' : this.#end;
    this.#request.destroy();
    this.#wire.destroy();
    return { informational: this.#informational, message, end, why: this.#why, consumed };
  }
}

/** All that is buffered; one read gives one of its parts. */
function readBody(message: IncomingMessage): string {
  let body = '';
  for (let part: Buffer | null; (part = message.read() as Buffer | null) !== null;) body += part.latin1Slice();
  return body;
}

function describe(response: IncomingMessage): ReadMessage {
  const raw = response.rawHeaders;
  const status = response.statusCode as number;
  return {
    start: `${status} ${response.statusMessage} ${response.httpVersion}`,
    passing: reference.passingLines(raw, false),
    fields: '',
    // RFC 9110 8.6: these have none, so it does not go on.
    length: status < 200 || status === 204 ? '' : reference.countableLength(raw),
    body: readBody(response),
    trailers: reference.trailerLines(response.rawTrailers),
  };
}
