/**
 * The client's side of HTTP/1.0 and 1.1 on one connection: reads requests one after another, answers them in
 * order, and hands each to an exchange. Bytes that come while an answer is outstanding are kept up to one
 * buffer, so that a FIN or a reset is still seen.
 */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { MEMORY_PIPELINES, MEMORY_REQUESTS, USE_REQUEST } from '../core/shared/memory-table.ts';
import type { Limits } from '../core/snapshot.ts';
import type { ClientConnection } from '../http/client-connection.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../http/head.ts';
import type { RequestHead, ResponseHead } from '../http/head.ts';
import type { Route } from '../http/routing.ts';
import { viaLine } from '../http/forwarding.ts';
import type { ServerHost } from '../http/server-host.ts';
import type { ClientEvents, ClientStream } from '../http/stream.ts';
import { KeptBytes } from '../net/kept-bytes.ts';
import { lingerClose } from '../net/lingering-close.ts';
import type { CloseReason, Connection, ConnectionHandler } from '../net/transport.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import type { ChunkSink } from './chunk-decoder.ts';
import { ClientWatch } from './client-watch.ts';
import { faultResponse } from './fault-response.ts';
import { HeadReader } from './head-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { RequestParser } from './request-parser.ts';
import { SessionTimer } from './session-timer.ts';

/** Reading a head, or waiting for its first byte. */
const HEAD = 0;
const BODY_OF_LENGTH = 1;
const BODY_IN_CHUNKS = 2;
/** The request is complete, its answer is not. */
const ANSWERING = 3;
const TUNNEL = 4;
/** Nothing is read any more except what a lingering close discards. */
const CLOSING = 5;
/** The exchange is over, but the client has yet to take its answer. */
const ANSWERED = 6;

/** Bytes kept of what a client sends before its last answer is complete. */
const STASH_BYTES = 65536;
/** Empty lines in front of a request line that are passed over (RFC 9112 2.2). */
const MAX_EMPTY_LINES = 4;
/** While draining: how long an idle connection may still bring a request that was on its way. */
const DRAIN_IDLE_MS = 1000;
/** What may break in a chunked body. */
const CHUNK_FAULTS = { chunk: FAULTS.badChunk, trailer: FAULTS.badTrailer, memory: FAULTS.memory } as const;

const LINGER_MS = 5000;
const LINGER_DRAIN_MS = 500;
const LINGER_BYTES = 256 * 1024;

export class Http1ServerSession implements ConnectionHandler, ClientStream, ChunkSink {
  readonly #connection: Connection;
  readonly #host: ServerHost;
  /** The connection as its exchanges see it. */
  readonly connection: ClientConnection;
  readonly #writer: MessageWriter;
  #parser: RequestParser;
  readonly #reader: HeadReader;
  readonly #timer = new SessionTimer(this);
  #chunks: ChunkDecoder | null = null;
  #events: ClientEvents | null = null;
  #state = HEAD;
  #bodyLeft = 0;
  #emptyLines = 0;
  /** Bytes of later requests. */
  readonly #stash: KeptBytes;
  /** Two reasons not to read: the exchange cannot take more of a body, and enough is kept for later. */
  #isBodyPaused = false;
  #isStashFull = false;
  #isConsuming = false;
  readonly #watch: ClientWatch;
  /** Later requests were thrown away: there was no memory left to keep them. */
  #isPipelineCut = false;
  // ——— of the request under way
  #version = 11;
  #keepAlive = true;
  #isHeadMethod = false;
  #upgrade = '';
  #isRequestEnded = true;
  #isHeadSent = false;
  #closesAfter = false;
  #isRaw = false;
  /** This connection is to end: its listener has left the config. */
  #isLeaving = false;

  constructor(connection: Connection, client: ClientConnection, host: ServerHost) {
    this.#connection = connection;
    this.connection = client;
    this.#host = host;
    this.#writer = new MessageWriter(connection);
    this.#watch = new ClientWatch(connection, client, host, this.#timer);
    this.#parser = new RequestParser(host.limits, client.listener.underscores === 'allow');
    this.#reader = new HeadReader(host.memory);
    this.#stash = new KeptBytes(host.memory, USE_REQUEST);
    host.opened(this);
    host.wheel.arm(this.#timer, host.isDraining ? DRAIN_IDLE_MS : host.timeouts.keepAliveMs);
  }

  get isBlocked(): boolean {
    return this.#connection.isBlocked;
  }

  get takenBytes(): number {
    return this.#connection.takenBytes;
  }

  get untakenBytes(): number {
    return this.#connection.untakenBytes;
  }

  look(): void {
    this.#connection.look();
  }

  get hasBegun(): boolean {
    return this.#isHeadSent && !this.#writer.holdsHead;
  }

  // ——— bytes in

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.#consume(buffer, start, end);
  }

  #consume(buffer: Buffer, start: number, end: number): void {
    this.#isConsuming = true;
    let at = start;
    while (at < end && this.#state !== CLOSING) {
      switch (this.#state) {
        case HEAD:
          at = this.#readHead(buffer, at, end);
          break;
        case BODY_OF_LENGTH:
          at = this.#readBody(buffer, at, end);
          break;
        case BODY_IN_CHUNKS:
          at = this.#readChunks(buffer, at, end);
          break;
        case ANSWERING:
        case ANSWERED:
          this.#keepForLater(buffer, at, end);
          at = end;
          break;
        default:
          (this.#events as ClientEvents).onRequestBody(buffer, at, end);
          at = end;
      }
    }
    this.#isConsuming = false;
    if (this.#events !== null) this.#events.onRequestFlush();
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    let at = start;
    if (this.#reader.isLoneCr && buffer[at] === 10 && this.#emptyLines < MAX_EMPTY_LINES) {
      // An empty line that was cut in the middle.
      this.#reader.reset();
      this.#emptyLines++;
      at++;
    }
    if (!this.#reader.isPartial) {
      at = this.#skipEmptyLines(buffer, at, end);
      if (at === end) return end;
    }
    const wasPartial = this.#reader.isPartial;
    const { limits } = this.#host;
    const after = this.#reader.read(buffer, at, end, limits.headBytes);
    if (after < 0) {
      this.#onPartialHead(wasPartial);
      return end;
    }
    const head = this.#parser.parse(this.#reader.text);
    if (head === null) {
      this.#reject(this.#parser.fault as Fault, this.#reader.text);
      return after;
    }
    this.#begin(head);
    return after;
  }

  #skipEmptyLines(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at + 1 < end && buffer[at] === 13 && buffer[at + 1] === 10 && this.#emptyLines < MAX_EMPTY_LINES) {
      at += 2;
      this.#emptyLines++;
    }
    return at;
  }

  #onPartialHead(wasPartial: boolean): void {
    const { limits, wheel, timeouts } = this.#host;
    const reader = this.#reader;
    if (reader.isRefused) {
      this.#host.memory.count(MEMORY_REQUESTS);
      this.#reject(FAULTS.memory, reader.partial);
    } else if (reader.partialLength > limits.headBytes) {
      this.#reject(reader.hasFirstLine ? FAULTS.headTooLarge : FAULTS.targetTooLong, reader.partial);
    } else if (reader.isBroken) {
      this.#reject(reader.hasFirstLine ? FAULTS.badHeader : FAULTS.badRequestLine, reader.partial);
    } else if (!wasPartial) {
      wheel.arm(this.#timer, timeouts.requestHeadMs);
    }
  }

  #begin(head: RequestHead): void {
    const host = this.#host;
    host.wheel.disarm(this.#timer);
    if (this.#isStashFull) this.#watch.begin();
    this.#emptyLines = 0;
    this.#version = head.version;
    this.#keepAlive = head.keepAlive && !this.#isLeaving;
    this.#isHeadMethod = head.method === 'HEAD';
    this.#upgrade = head.upgrade;
    this.#isHeadSent = false;
    this.#closesAfter = false;
    this.#isRaw = false;
    const events = host.begin(this);
    this.#events = events;
    if (head.bodyKind === BODY_NONE || (head.bodyKind === BODY_LENGTH && head.contentLength === 0)) {
      // Before the exchange hears of it, so that an answer made at once finds the request complete.
      this.#isRequestEnded = true;
      this.#state = ANSWERING;
      events.onRequest(head);
      if (this.#events === events) events.onRequestEnd('');
      return;
    }
    this.#isRequestEnded = false;
    if (head.bodyKind === BODY_CHUNKED) {
      this.#state = BODY_IN_CHUNKS;
      (this.#chunks ??= new ChunkDecoder(this.#host.memory)).reset();
    } else {
      this.#state = BODY_OF_LENGTH;
      this.#bodyLeft = head.contentLength;
    }
    events.onRequest(head);
  }

  #readBody(buffer: Buffer, start: number, end: number): number {
    const events = this.#events as ClientEvents;
    const stop = Math.min(end, start + this.#bodyLeft);
    this.#bodyLeft -= stop - start;
    // The end is known with the last byte: an answer in between finds the request complete.
    if (this.#bodyLeft === 0) this.#isRequestEnded = true;
    events.onRequestBody(buffer, start, stop);
    if (this.#bodyLeft === 0 && this.#events === events) {
      this.#state = ANSWERING;
      events.onRequestEnd('');
    }
    return stop;
  }

  #readChunks(buffer: Buffer, start: number, end: number): number {
    const events = this.#events as ClientEvents;
    const chunks = this.#chunks as ChunkDecoder;
    const after = chunks.decode(buffer, start, end, this);
    if (this.#events !== events) return end;
    if (chunks.failed !== null) {
      events.onRequestBroken(CHUNK_FAULTS[chunks.failed]);
      return end;
    }
    if (chunks.done) {
      this.#isRequestEnded = true;
      this.#state = ANSWERING;
      events.onRequestEnd(chunks.trailers);
    }
    return after;
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    // An answer of ours may have ended the exchange within the same read.
    if (this.#events !== null && this.#state === BODY_IN_CHUNKS) this.#events.onRequestBody(buffer, start, end);
  }

  #keepForLater(buffer: Buffer, start: number, end: number): void {
    const stash = this.#stash;
    if (buffer === stash.buffer) {
      stash.start = start;
      return;
    }
    if (this.#isPipelineCut) return;
    if (!stash.append(buffer, start, end)) this.#endPipeline();
    else if (stash.length >= STASH_BYTES) this.#setPaused(this.#isBodyPaused, true);
  }

  /** There is no memory left for later requests: none of them is begun, and the client sees that by the connection's end. */
  #endPipeline(): void {
    this.#host.memory.count(MEMORY_PIPELINES);
    this.#isPipelineCut = true;
    this.#stash.clear();
    this.#keepAlive = false;
    if (this.#isHeadSent) this.#closesAfter = true;
    this.#setPaused(this.#isBodyPaused, true);
  }

  #consumeStash(): void {
    const stash = this.#stash;
    while (stash.length > 0 && this.#state !== ANSWERING && this.#state !== ANSWERED && this.#state !== CLOSING) {
      const { buffer, start, end } = stash;
      stash.start = end;
      this.#consume(buffer, start, end);
      if (stash.length === 0) stash.clear();
    }
    if (this.#state === CLOSING) stash.clear();
    this.#setPaused(this.#isBodyPaused, stash.length >= STASH_BYTES);
  }

  // ——— the client's end

  onEnd(): void {
    const events = this.#events;
    switch (this.#state) {
      case HEAD:
        if (this.#reader.isPartial) this.#reject(FAULTS.badRequestLine, this.#reader.partial);
        else this.#close();
        break;
      case BODY_OF_LENGTH:
      case BODY_IN_CHUNKS:
        if (events !== null) events.onClientGone();
        break;
      case ANSWERING:
        if (events !== null) events.onClientEnd();
        break;
      case TUNNEL:
        // What came with the upgrade request has its turn first.
        if (events !== null && this.#stash.length === 0) events.onClientEnd();
        break;
      default:
    }
  }

  onDrain(): void {
    if (this.#events !== null) this.#events.onClientDrain();
    else if (this.#state === ANSWERED) {
      this.#state = HEAD;
      this.#next();
    }
  }

  onClose(_reason: CloseReason): void {
    this.#state = CLOSING;
    this.#letGo();
    this.#host.wheel.disarm(this.#timer);
    if (this.#events !== null) this.#events.onClientGone();
    this.#host.closed(this);
  }

  onFault(_error: unknown): void {
    this.#isConsuming = false;
    // The rest of the read is lost, so it is not known where the next request would begin.
    this.#keepAlive = false;
    if (this.#events !== null) this.#events.onOwnFault();
    else if (this.#state === HEAD && !this.#connection.isClosed) this.#reject(FAULTS.internal, this.#reader.partial);
    else if (this.#state !== CLOSING) this.#cut();
  }

  onTimeout(): void {
    const events = this.#events;
    if (events !== null) {
      if (this.#watch.hasVanished(this.#state === TUNNEL)) events.onClientGone();
    } else if (this.#state === ANSWERED || this.#state === CLOSING) this.#afterAnswer();
    else if (this.#reader.isPartial) this.#reject(FAULTS.requestTimeout, this.#reader.partial);
    else this.#close();
  }

  /** Nothing is under way except that the client has yet to take an answer, or is being looked for. */
  #afterAnswer(): void {
    if (this.#state === CLOSING || this.#connection.isBlocked) {
      if (this.#watch.isStalled()) this.#cut();
    } else if (this.#watch.isKnown()) {
      this.#state = HEAD;
      this.#next();
    }
  }

  /** Draining has begun: an idle connection closes when it has been silent for a second. */
  drain(): void {
    if (this.#state === HEAD && !this.#reader.isPartial) this.#host.wheel.arm(this.#timer, DRAIN_IDLE_MS);
  }

  leave(): void {
    this.#isLeaving = true;
    this.#keepAlive = false;
    this.drain();
  }

  visitExchanges(visit: (exchange: ClientEvents) => void): void {
    if (this.#events !== null) visit(this.#events);
  }

  updateLimits(limits: Limits): void {
    this.#parser = new RequestParser(limits, this.connection.listener.underscores === 'allow');
  }

  /** Ends the connection now, whatever is under way. */
  destroy(): void {
    this.#cut();
    if (this.#events !== null) this.#events.onClientGone();
  }

  // ——— the answer

  sendInformational(head: ResponseHead): void {
    // HTTP/1.0 knows no interim answers.
    if (this.#version === 10) return;
    this.#connection.write(`HTTP/1.1 ${head.status} ${head.reason}\r\n${head.lines}\r\n`);
  }

  sendHead(head: ResponseHead, hasBody: boolean, close: boolean, route: Route, lines: string): void {
    this.#isHeadSent = true;
    // An answer to a request that is not complete ends the connection, whatever still comes of the request, and has to
    // say so now: later it could not.
    const isEarly = !this.#isRequestEnded;
    if (this.#version === 11 && this.#keepAlive && !close && !isEarly && head.bodyKind <= BODY_LENGTH) {
      if (head.encodedFor !== route.http1Heads || head.encoded === '') {
        head.encoded = this.#headText(head, '');
        // Without the server's Date the text is good for this second only.
        head.encodedFor = head.hasDate ? route.http1Heads : null;
      }
      this.#writer.head(lines === '' ? head.encoded : `${head.encoded.slice(0, -2)}${lines}\r\n`, false);
      return;
    }
    this.#sendHeadAside(head, hasBody, close || isEarly, lines);
  }

  /** All but the usual case: HTTP/1.0 clients, closing, bodies without a length. */
  #sendHeadAside(head: ResponseHead, hasBody: boolean, close: boolean, lines: string): void {
    const isOpenEnded = hasBody && (head.bodyKind === BODY_CHUNKED || head.bodyKind === BODY_UNTIL_CLOSE);
    const isChunked = isOpenEnded && this.#version === 11;
    this.#isRaw = isOpenEnded && !isChunked;
    this.#closesAfter = close || !this.#keepAlive || this.#isRaw;
    let framing = isChunked ? `${lines}Transfer-Encoding: chunked\r\n` : lines;
    if (this.#closesAfter) framing += 'Connection: close\r\n';
    else if (this.#version === 10) framing += 'Connection: keep-alive\r\n';
    this.#writer.head(this.#headText(head, framing), isChunked);
  }

  #headText(head: ResponseHead, framing: string): string {
    const date = head.hasDate ? '' : `Date: ${this.#host.httpDate()}\r\n`;
    const via = !head.isOurs && this.#host.routing.snapshot.settings.headers.via ? viaLine(head.version) : '';
    return `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.lines}${date}${via}${framing}\r\n`;
  }

  sendBody(buffer: Buffer, start: number, end: number): boolean {
    return this.#writer.body(buffer, start, end);
  }

  sendEnd(trailers: string): void {
    this.#writer.end(trailers);
  }

  flush(): void {
    this.#writer.flush();
  }

  sendFault(fault: Fault, requestId: string, wantsJson: boolean, lines: string | null): void {
    this.#isHeadSent = true;
    this.#closesAfter = !this.#isRequestEnded || !this.#keepAlive || this.#host.isDraining;
    const connection = this.#closesAfter ? 'close' : this.#version === 10 ? 'keep-alive' : '';
    const isHead = this.#isHeadMethod;
    const date = this.#host.httpDate();
    this.#writer.drop();
    this.#connection.write(faultResponse(fault, { requestId, wantsJson, isHead, connection, date, lines }));
  }

  /** Answers what never became a request, and closes. `head`: what has come of it. */
  #reject(fault: Fault, head: string): void {
    this.#isRequestEnded = false;
    this.#isHeadMethod = false;
    this.sendFault(fault, '', false, null);
    this.#host.rejected(fault, this, head);
    this.#linger();
  }

  abort(): void {
    if (this.#state === CLOSING) return;
    this.#writer.drop();
    // A body that ends with the connection would look complete after a FIN, and a client that takes nothing would not
    // see it.
    if (!this.#isHeadSent || this.#isRaw || this.#state === TUNNEL || this.#connection.isBlocked) this.#cut();
    else this.#linger();
  }

  upgrade(head: ResponseHead, lines: string): void {
    this.#isHeadSent = true;
    this.#state = TUNNEL;
    const framing = `${lines}Connection: Upgrade\r\nUpgrade: ${this.#upgrade}\r\n`;
    this.#writer.head(this.#headText(head, framing), false);
    this.#writer.flush();
    if (this.#stash.length > 0) this.#consumeStash();
    if (this.#connection.hasEnded && this.#events !== null) this.#events.onClientEnd();
  }

  endTunnel(): void {
    this.#writer.flush();
    this.#connection.end();
  }

  pauseBody(): void {
    this.#setPaused(true, this.#isStashFull);
  }

  resumeBody(): void {
    this.#setPaused(false, this.#isStashFull);
  }

  #setPaused(isBodyPaused: boolean, isStashFull: boolean): void {
    const wasPaused = this.#isBodyPaused || this.#isStashFull;
    const isPaused = isBodyPaused || isStashFull;
    this.#isBodyPaused = isBodyPaused;
    this.#isStashFull = isStashFull;
    if (isPaused === wasPaused) return;
    const { wheel } = this.#host;
    if (isPaused) {
      this.#connection.pause();
      this.#watch.pause();
      if (this.#events !== null) this.#watch.begin();
    } else {
      this.#connection.resume();
      if (this.#events !== null) wheel.disarm(this.#timer);
    }
  }

  done(): void {
    this.#events = null;
    if (this.#state === CLOSING) return;
    if (this.#state === TUNNEL) {
      this.#state = CLOSING;
      // Both sides have ended; it closes when the client has taken the last of it.
      this.#watch.awaitTaking(true);
      this.#connection.end();
      return;
    }
    this.resumeBody();
    if (!this.#isRequestEnded || this.#closesAfter) {
      this.#writer.flush();
      this.#linger();
      return;
    }
    if (this.#connection.isBlocked) {
      // An answer of ours that the client does not take: what it sends meanwhile is kept, up to the stash's bound.
      this.#state = ANSWERED;
      this.#watch.awaitTaking(false);
      return;
    }
    if (this.#isStashFull && this.#watch.isUnseen) {
      // The next answer would go to a client that nobody has seen for a while.
      this.#state = ANSWERED;
      this.#watch.ask();
      return;
    }
    this.#state = HEAD;
    this.#next();
  }

  #next(): void {
    const { wheel, timeouts, isDraining } = this.#host;
    wheel.arm(this.#timer, isDraining || this.#isLeaving ? DRAIN_IDLE_MS : timeouts.keepAliveMs);
    if (this.#isConsuming) return;
    if (this.#stash.length > 0 && this.#watch.hasLeft) this.#cut();
    else if (this.#stash.length > 0) this.#goOn();
    if (this.#state === HEAD && this.#connection.hasEnded) this.onEnd();
  }

  /** Begins what has been pipelined. Called from within an event of the endpoint, whose fault this must not become. */
  #goOn(): void {
    try {
      this.#consumeStash();
    } catch (error) {
      this.#host.reportFault(error);
      this.onFault(error);
    }
  }

  // ——— closing

  /** What is kept is not needed any more. */
  #letGo(): void {
    this.#stash.clear();
    this.#reader.reset();
    this.#chunks?.release();
  }

  /** Nothing is owed to the peer. */
  #close(): void {
    this.#state = CLOSING;
    this.#host.wheel.disarm(this.#timer);
    this.#connection.close();
  }

  #cut(): void {
    this.#state = CLOSING;
    this.#host.wheel.disarm(this.#timer);
    this.#connection.reset();
  }

  /** FIN after what was written, and what still comes is read and thrown away, so that no reset overtakes our answer. */
  #linger(): void {
    this.#state = CLOSING;
    const { wheel, isDraining } = this.#host;
    wheel.disarm(this.#timer);
    this.#letGo();
    const options = { maxBytes: LINGER_BYTES, ms: isDraining ? LINGER_DRAIN_MS : LINGER_MS };
    lingerClose(this.#connection, wheel, options, () => this.#host.closed(this));
  }
}
