/**
 * The endpoint's side of HTTP/1.1 on one connection: sends one request after another, reads the responses, and goes
 * back to its pool in between. Bytes that come without a request outstanding, or after a response's end, close the
 * connection and are passed on to no client.
 */
import { without } from '../core/http/header-lines.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../http/head.ts';
import type { ResponseHead } from '../http/head.ts';
import type { OutgoingRequest } from '../http/outgoing.ts';
import type { HttpWaiter, UpstreamEvents, UpstreamFailure, UpstreamStream } from '../http/stream.ts';
import type { CloseReason, Connection, ConnectionHandler } from '../net/transport.ts';
import { AddressWalk, connectFailureOf } from '../upstream/connect-failure.ts';
import type { EndpointTls } from '../upstream/endpoint-tls.ts';
import type { Home, Leased } from '../upstream/leased.ts';
import type { Owner } from '../upstream/owner.ts';
import type { Settling } from '../upstream/settling-list.ts';
import { brokenBytes } from './answer-rules.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import type { ChunkSink } from './chunk-decoder.ts';
import type { Http1Dialer } from './dialer.ts';
import { HeadReader } from './head-reader.ts';
import { LenientHeadReader } from './lenient-head-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { SessionTimer } from './session-timer.ts';

const CONNECTING = 0;
const UNUSED = 1;
/** Waiting for the head of the response. */
const HEAD = 2;
const BODY_OF_LENGTH = 3;
const BODY_IN_CHUNKS = 4;
const BODY_TO_END = 5;
/** The response is complete, but the exchange has not released the session yet. */
const COMPLETE = 6;
const TUNNEL = 7;
const CLOSED = 8;

/** Interim responses allowed before a final one; an endpoint that sends more is broken. */
const MAX_INFORMATIONAL = 32;
/** A server's notice that it ends an idle connection comes at this age or later, ms. */
const NOTICE_MIN_AGE_MS = 1000;
const NOTICE = /^HTTP\/1\.[01] 408 /;
const CAPITAL_H = 72;
/** Taken off the server's `Keep-Alive: timeout`, so that we close first. */
const HINT_MARGIN_MS = 1000;

export class Http1ClientSession implements ConnectionHandler, UpstreamStream, Leased<HttpWaiter>, ChunkSink, Settling {
  readonly #dialer: Http1Dialer;
  readonly #home: Home<HttpWaiter>;
  #connection: Connection;
  #writer: MessageWriter;
  #reader: HeadReader;
  /** The pool accepts lone LF in heads. */
  #isLenient = false;
  readonly #timer = new SessionTimer(this);
  readonly tls: EndpointTls | null;
  readonly peerName: string;
  readonly addresses: readonly string[];
  #chunks: ChunkDecoder | null = null;
  #events: UpstreamEvents | null;
  #state = CONNECTING;
  readonly #walk: AddressWalk;
  #messages = 0;
  #bodyLeft = 0;
  #informational = 0;
  #isRequestSent = false;
  /** The answer may have had a body, even an empty one. */
  #hadBody = true;
  #announcesContent = false;
  /** The connection cannot carry another message. */
  #isSpent = false;
  /** The endpoint closed it behind its answer, and had not said so. */
  #isClosedSilently = false;
  #isPaused = false;
  #method = '';
  readonly owner: Owner | null = null;
  idleSince = 0;
  idleLimitMs: number;

  constructor(dialer: Http1Dialer, events: HttpWaiter) {
    this.#dialer = dialer;
    this.#home = dialer.home;
    this.#events = events;
    this.#reader = new HeadReader(dialer.host.memory);
    this.idleLimitMs = dialer.home.limits.idleTimeoutMs;
    this.#walk = new AddressWalk(dialer.home.preferredAddress);
    this.tls = dialer.home.limits.tls;
    this.addresses = dialer.home.addresses;
    this.peerName = this.tls === null ? '' : events.peerName;
    this.#connection = this.#dial(events);
    this.#writer = new MessageWriter(this.#connection);
  }

  /** Some of a response has come, even if only the beginning of its head. */
  get hasAnswered(): boolean {
    return this.#reader.isPartial || this.#informational > 0;
  }

  get isReused(): boolean {
    return this.#messages > 1;
  }

  get isBlocked(): boolean {
    return this.#connection.isBlocked;
  }

  get takenBytes(): number {
    return this.#connection.takenBytes;
  }

  look(): void {
    this.#connection.look();
  }

  // ——— the connection's life

  onConnect(): void {
    if (this.addresses === this.#home.addresses) this.#home.preferredAddress = this.#walk.index;
    const events = this.#events;
    if (events === null) {
      this.#discard();
      return;
    }
    this.carry(events);
  }

  carry(events: UpstreamEvents): void {
    if (this.#messages > 0) this.#dialer.host.wheel.disarm(this.#timer);
    this.#events = events;
    this.#state = HEAD;
    this.#messages++;
    this.#informational = 0;
    this.#isRequestSent = false;
    const { isLenient } = this.#home.limits;
    if (isLenient !== this.#isLenient) {
      const { memory } = this.#dialer.host;
      this.#isLenient = isLenient;
      this.#reader = isLenient ? new LenientHeadReader(memory) : new HeadReader(memory);
    }
    events.onUpstreamReady(this);
  }

  onEnd(): void {
    if (this.#state === COMPLETE && !this.#isSpent) this.#isClosedSilently = true;
    this.#isSpent = true;
    switch (this.#state) {
      case UNUSED:
        this.#closedByPeer();
        this.#home.drop(this);
        this.#shut();
        break;
      case HEAD:
        this.#closedByPeer();
        this.#fail('closed');
        break;
      case BODY_OF_LENGTH:
      case BODY_IN_CHUNKS:
        this.#fail('closed');
        break;
      case BODY_TO_END:
        // Somebody may have cut it: the client must not take it for the whole.
        if (this.#connection.isTruncated) this.#fail('reset');
        else this.#complete('');
        break;
      case TUNNEL:
        (this.#events as UpstreamEvents).onUpstreamEnd();
        break;
      default:
    }
  }

  onClose(reason: CloseReason): void {
    const state = this.#state;
    if (state === CONNECTING && this.#events !== null && this.#dialNext(reason, this.#events as HttpWaiter)) return;
    if (reason.kind === 'refused') this.#home.keeping.refused(this.#dialer.host.now());
    else if (reason.kind !== 'local') this.#closedByPeer();
    this.#isSpent = true;
    this.#state = CLOSED;
    this.#reader.reset();
    this.#chunks?.release();
    this.#dialer.host.wheel.disarm(this.#timer);
    if (state === UNUSED) this.#home.drop(this);
    const events = this.#events;
    this.#events = null;
    this.#home.closed();
    if (events === null) return;
    if (state === CONNECTING) events.onUpstreamFailed(connectFailureOf(reason), false, detailOf(reason));
    else if (state !== CLOSED && state !== COMPLETE)
      events.onUpstreamFailed(cutFailure(reason), this.hasAnswered, reason.code);
  }

  /** The endpoint ended the connection: learns from that how it keeps connections. */
  #closedByPeer(): void {
    const { keeping } = this.#home;
    const { host } = this.#dialer;
    const now = host.now();
    if (this.#state === UNUSED) {
      // The end may have arrived at any moment while the loop stood still: only the age before that is certain.
      const seen = Math.min(now, host.wheel.watchedUntil);
      keeping.closedIdle(Math.max(0, seen - this.idleSince), now);
    } else if (this.#state === HEAD && this.isReused && !this.hasAnswered) keeping.closedUnderRequest(now);
  }

  /** For a waiter, whose client a PROXY header in front of TLS names. */
  #dial(waiter: HttpWaiter): Connection {
    return this.#dialer.connect(this.#walk.index, this, waiter);
  }

  /** Goes on to the next address of an endpoint with several (`localhost`) if this one does not answer. */
  #dialNext(reason: CloseReason, waiter: HttpWaiter): boolean {
    if (!this.#walk.next(reason, this.addresses.length)) return false;
    this.#connection = this.#dial(waiter);
    this.#writer = new MessageWriter(this.#connection);
    return true;
  }

  onDrain(): void {
    if (this.#events !== null) this.#events.onUpstreamDrain();
  }

  onFault(_error: unknown): void {
    const events = this.#events;
    if (events !== null) {
      events.onOwnFault();
      return;
    }
    if (this.#state === UNUSED) this.#home.drop(this);
    this.#discard();
  }

  onTimeout(): void {
    if (this.#state !== UNUSED) return;
    this.#home.drop(this);
    this.#shut();
  }

  onSettled(): void {
    if (!this.#home.settled(this)) return;
    if (!this.#hadBody) this.#home.strays.clean();
    this.#keep();
  }

  /** Closes an idle connection that its pool has let go of. */
  close(): void {
    this.#shut();
  }

  // ——— the request

  /** Text in front of the first message, which leaves in one write with it. */
  protected introduce(text: string): void {
    this.#writer.head(text, false);
  }

  sendHead(request: OutgoingRequest, requestId: string, lines: string): void {
    const { head } = request;
    this.#method = head.method;
    const authority = request.authority === '' ? this.#home.spec.authority : request.authority;
    if (request.encoded === '' || request.encodedAuthority !== authority) {
      request.encoded = requestText(request, authority);
      request.encodedAuthority = authority;
    }
    const text = `${request.encoded}X-Request-Id: ${requestId}\r\n`;
    this.#writer.head(lines === '' ? `${text}\r\n` : `${text}${lines}\r\n`, head.bodyKind === BODY_CHUNKED);
  }

  sendBody(buffer: Buffer, start: number, end: number): boolean {
    return this.#writer.body(buffer, start, end);
  }

  sendEnd(trailers: string): void {
    this.#writer.end(trailers);
    this.#isRequestSent = true;
  }

  flush(): void {
    this.#writer.flush();
  }

  // ——— the response

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.#home.heardAt = this.#dialer.host.now();
    const events = this.#events;
    let at = start;
    while (at < end) {
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
        case BODY_TO_END:
        case TUNNEL:
          (events as UpstreamEvents).onResponseBody(buffer, at, end);
          at = end;
          break;
        default:
          this.#onUnexpected(buffer, at, end);
          at = end;
      }
      // The session is over or already carries the next message: the rest of this read belongs to no message.
      if (this.#events !== events) break;
    }
    if (events !== null && this.#events === events && this.#state !== COMPLETE) events.onResponseFlush();
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    if (buffer[start] !== CAPITAL_H && this.isReused && !this.hasAnswered) {
      // This is not the beginning of an answer: it belongs to the message before, so this one has met a broken
      // connection.
      this.#home.strays.met(this.#hadBody);
      this.#fail('closed');
      return end;
    }
    const { limits } = this.#dialer.host;
    const after = this.#reader.read(buffer, start, end, limits.headBytes);
    if (after < 0) {
      const reader = this.#reader;
      if (reader.isRefused) this.#fail('local-resources');
      else if (reader.isBroken) this.#refuse(brokenBytes(reader.partial) ?? 'malformed head');
      else if (reader.partialLength > limits.headBytes) this.#refuse('head over limits.head');
      return end;
    }
    const head = this.#dialer.parser.parse(this.#reader.text, this.#method);
    if (head === null) {
      this.#refuse(this.#dialer.parser.rule);
      return end;
    }
    if (head.status < 200 && head.status !== 101) this.#interim(head);
    else this.#final(head, after < end);
    return after;
  }

  #interim(head: ResponseHead): void {
    if (!head.keepAlive) this.#isSpent = true;
    if (++this.#informational > MAX_INFORMATIONAL) this.#refuse('too many interim answers');
    else (this.#events as UpstreamEvents).onInformational(head);
  }

  #final(head: ResponseHead, hasRest: boolean): void {
    const events = this.#events as UpstreamEvents;
    if (!head.keepAlive) this.#isSpent = true;
    this.#setIdleLimit(head.keepAliveTimeoutMs);
    this.#hadBody = head.bodyKind !== BODY_NONE;
    this.#announcesContent = head.announcesContent;
    if (head.status === 101) {
      this.#state = TUNNEL;
      this.#isSpent = true;
      events.onResponse(head);
      return;
    }
    const isEmpty = head.bodyKind === BODY_NONE || (head.bodyKind === BODY_LENGTH && head.contentLength === 0);
    if (head.bodyKind === BODY_LENGTH) {
      this.#state = BODY_OF_LENGTH;
      this.#bodyLeft = head.contentLength;
    } else if (head.bodyKind === BODY_CHUNKED) {
      this.#state = BODY_IN_CHUNKS;
      (this.#chunks ??= new ChunkDecoder(this.#dialer.host.memory)).reset();
    } else if (head.bodyKind === BODY_UNTIL_CLOSE) {
      this.#state = BODY_TO_END;
      this.#isSpent = true;
    }
    if (isEmpty) {
      this.#state = COMPLETE;
      if (hasRest) this.#strayed();
    }
    events.onResponse(head);
    if (isEmpty && this.#events === events) events.onResponseEnd('');
  }

  #setIdleLimit(hintMs: number): void {
    const { limits, keeping } = this.#home;
    // A hint of a second or less leaves half of itself.
    const limitMs = hintMs === 0 ? limits.idleTimeoutMs : Math.max(hintMs - HINT_MARGIN_MS, hintMs / 2);
    this.idleLimitMs = keeping.idleLimit(limitMs, this.#dialer.host.now());
  }

  #readBody(buffer: Buffer, start: number, end: number): number {
    const events = this.#events as UpstreamEvents;
    const stop = Math.min(end, start + this.#bodyLeft);
    this.#bodyLeft -= stop - start;
    if (this.#bodyLeft === 0) {
      this.#state = COMPLETE;
      if (stop < end) this.#strayed();
    }
    events.onResponseBody(buffer, start, stop);
    if (this.#state === COMPLETE && this.#events === events) events.onResponseEnd('');
    return stop;
  }

  #readChunks(buffer: Buffer, start: number, end: number): number {
    const chunks = this.#chunks as ChunkDecoder;
    const after = chunks.decode(buffer, start, end, this);
    if (this.#state !== BODY_IN_CHUNKS) return end;
    if (chunks.failed !== null) {
      if (chunks.failed === 'memory') this.#fail('local-resources');
      else this.#refuse(`malformed ${chunks.failed}`);
      return end;
    }
    if (chunks.done) {
      if (after < end) this.#strayed();
      this.#complete(chunks.trailers);
    }
    return after;
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    if (this.#state === BODY_IN_CHUNKS) (this.#events as UpstreamEvents).onResponseBody(buffer, start, end);
  }

  #complete(trailers: string): void {
    this.#state = COMPLETE;
    (this.#events as UpstreamEvents).onResponseEnd(trailers);
  }

  /** Bytes behind the end of an answer. */
  #strayed(): void {
    this.#isSpent = true;
    this.#home.strays.met(this.#hadBody);
  }

  /** Bytes came that no request has asked for. */
  #onUnexpected(buffer: Buffer, start: number, end: number): void {
    if (this.#state === COMPLETE && !this.#isSpent) this.#strayed();
    if (this.#state !== UNUSED) return;
    if (!this.#isNotice(buffer, start, end)) {
      if (this.#hadBody) this.#home.strays.metIdle();
      else this.#strayed();
    }
    this.#home.drop(this);
    this.#discard();
  }

  /** Some servers say so when they end an idle connection: a 408 that answers nothing. */
  #isNotice(buffer: Buffer, start: number, end: number): boolean {
    if (this.#dialer.host.now() - this.idleSince < NOTICE_MIN_AGE_MS) return false;
    return NOTICE.test(buffer.latin1Slice(start, Math.min(end, start + 13)));
  }

  pauseBody(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#connection.pause();
  }

  resumeBody(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#connection.resume();
  }

  release(): void {
    this.#events = null;
    const isOver = this.#state === COMPLETE && this.#isRequestSent && !this.#connection.isBlocked;
    if (this.#isClosedSilently) this.#home.keeping.closedIdle(0, this.#dialer.host.now());
    else if (isOver && this.isReused) this.#home.keeping.reused();
    // A client may ask for as many of these as it likes: closed by a reset, they use up no port of ours (TIME_WAIT).
    if (isOver && (this.#announcesContent || !this.#home.strays.mayFollow(this.#hadBody))) {
      this.#discard();
      return;
    }
    if (!isOver || this.#isSpent) {
      this.#shut();
      return;
    }
    this.#state = UNUSED;
    // What the endpoint may have sent beyond its answer is still unread or on its way, so the connection is set aside
    // before it is used again.
    if (this.#isPaused || !(this.#hadBody || this.#home.strays.isKnownClean)) this.#setAside();
    else this.#keep();
  }

  #setAside(): void {
    const { host } = this.#dialer;
    this.idleSince = host.now();
    this.#home.settle(this);
    this.resumeBody();
    host.settling.add(this);
  }

  #keep(): void {
    const { wheel } = this.#dialer.host;
    if (!this.#home.keep(this, this.#dialer.host.now())) this.#shut();
    else if (this.#state === UNUSED) wheel.arm(this.#timer, this.idleLimitMs);
  }

  abort(): void {
    this.#events = null;
    this.#discard();
  }

  endTunnel(): void {
    this.#writer.flush();
    this.#connection.end();
  }

  /** The answer breaks a rule of HTTP. */
  #refuse(rule: string): void {
    this.#fail('bad-response', rule);
  }

  #fail(failure: UpstreamFailure, rule = ''): void {
    const events = this.#events;
    this.#events = null;
    this.#discard();
    if (events !== null) events.onUpstreamFailed(failure, this.hasAnswered, rule);
  }

  /** Resets: whatever is under way is broken for the endpoint as well. */
  #discard(): void {
    this.#state = CLOSED;
    this.#writer.drop();
    this.#connection.reset();
  }

  /** Closes in order: nothing is under way. */
  #shut(): void {
    this.#state = CLOSED;
    this.#dialer.host.wheel.disarm(this.#timer);
    this.#connection.close();
  }
}

/** Of a connection that was there. */
function cutFailure({ kind }: CloseReason): UpstreamFailure {
  if (kind === 'tls') return 'tls-failed';
  return kind === 'end' || kind === 'truncated' ? 'closed' : 'reset';
}

function detailOf({ code, detail }: CloseReason): string {
  return detail === undefined ? code : `${code}: ${detail}`;
}

/** The whole head of a request except the request id. */
function requestText(request: OutgoingRequest, authority: string): string {
  const { head, target, extra, isUpgrade } = request;
  // What is left of a deadline is said anew each time.
  const lines = request.deadline === null ? request.lines : without(request.lines, request.deadline.names);
  let text = `${head.method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n${lines}`;
  if (head.bodyKind === BODY_CHUNKED) text += 'Transfer-Encoding: chunked\r\n';
  if (head.expectsContinue) text += 'Expect: 100-continue\r\n';
  if (isUpgrade) text += `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  else if (head.acceptsTrailers) text += 'TE: trailers\r\nConnection: TE\r\n';
  return text + extra;
}
