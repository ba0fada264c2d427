/**
 * One request and its response, attempts included: a state machine that knows no protocol. Its table, states ×
 * events with every cell filled, is in `table.ts`; what the cells do is in the files beside it, by subject.
 *
 * A request comes in (`request`), is routed, and passes the steps of its route (*deciding*). If there is no endpoint or
 * no place for it, it is *held*. Then an attempt begins: it may wait for a connection (*waiting*), dial (*connecting*),
 * or have a connection at once. When there is one (`ready`) the head goes out (*sending*) and the body after it
 * (*awaiting* once all has gone). The response's head makes it *responding*; its end, when the client has taken all of
 * it, makes it *idle* again, else *flushing* until then. An attempt that failed before any response byte went out may be
 * followed by another, at once or after a backoff (*between*). A 101 makes it a *tunnel*. Whatever breaks after the
 * first response byte reaches the client as broken.
 */
import { KeptBytes } from '../../net/kept-bytes.ts';
import type { TakingPace } from '../../net/taking-pace.ts';
import { WriteProgress } from '../../net/write-progress.ts';
import { USE_REQUEST } from '../../core/shared/memory-table.ts';
import type { Fault } from '../../core/errors.ts';
import { Attempt } from '../attempt.ts';
import { isSecure } from '../forwarding.ts';
import { BODY_NONE } from '../head.ts';
import type { RequestHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import { ExchangeRecord } from '../record.ts';
import type { Trial } from '../trial.ts';
import type { BodySink } from '../steps/step.ts';
import type { ClientEvents, ClientStream, HttpEndpoint } from '../stream.ts';
import { isHomeFull } from './attempts.ts';
import type { PendingDecision } from './deferral.ts';
import type { ExchangeHost } from './exchange-host.ts';
import { ExchangeTimer } from './exchange-timer.ts';
import type { ResponseSource } from './source.ts';
import {
  EVENT_COUNT,
  IDLE,
  ON_ATTEMPT_TIMEOUT,
  ON_CLIENT_DRAIN,
  ON_CLIENT_END,
  ON_CLIENT_GONE,
  ON_FAULT,
  ON_REQUEST,
  ON_REQUEST_BROKEN,
  ON_REQUEST_BYTES,
  ON_REQUEST_END,
  ON_REQUEST_TIMEOUT,
  ON_RESPONSE_TIMEOUT,
  ON_RETRY_DUE,
  ON_TOTAL_TIMEOUT,
  RESPONDING,
  SENDING,
  WAITING,
} from './states.ts';
import { ACTIONS } from './table.ts';
import { Wait } from './wait.ts';

/** What a cell of the table does. Events that carry no bytes pass an empty buffer. */
export type Action = (
  exchange: Exchange,
  source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
) => void;

const NO_BYTES = Buffer.alloc(0);

export class Exchange implements ClientEvents {
  readonly host: ExchangeHost;
  readonly record = new ExchangeRecord();
  state = IDLE;
  client: ClientStream | null = null;
  request: OutgoingRequest | null = null;
  /** The head as it came in, before routing. */
  head: RequestHead | null = null;
  /** Where its final answer comes from, once that has begun. */
  source: ResponseSource | null = null;
  /** What the answer's body goes through on its way to the client; null: nothing. */
  sink: BodySink | null = null;
  /** The next step of the route, the decision that one of them deferred, and header lines that they have added. */
  stepAt = 0;
  pending: PendingDecision | null = null;
  stepLines = '';
  /** Bytes of the request's body, 0: no limit. */
  bodyLimit = 0;
  fault: Fault | null = null;
  /** What the record says of an answer that passes though its status is one that is retried; else `''`. */
  remark = '';
  /** Every attempt of this exchange, the current one last. Objects are reused; `attemptCount` says how many are of this exchange. */
  readonly attempts: Attempt[] = [];
  attemptCount = 0;
  /** The one under way, null between attempts. */
  attempt: Attempt | null = null;
  /** The second of two at once (`race.ts`). */
  rival: Attempt | null = null;
  /** Its whole time is what its client gave. */
  hasDeadline = false;
  /** A second one is under way, or may begin any moment. */
  isRacing = false;
  /** It has had its second one. */
  hasRaced = false;
  /** Attempts that do not count, since nothing was sent. */
  uncounted = 0;
  /** The trial that its next attempt is, null: none. */
  trial: Trial | null = null;
  /** Endpoints that failed this exchange, and those of them that refused the connect. */
  readonly tried: HttpEndpoint[] = [];
  readonly refused: HttpEndpoint[] = [];
  /** When the first connect that was refused began. */
  movingSince = 0;
  /** When it first waited for its pool, 0: it has not; and what it fails of if it waits too long. */
  heldSince = 0;
  holdFault: Fault | null = null;
  readonly wait = new Wait(this);
  /** It has waited for its pool. */
  wasHeld = false;
  /** It has waited, and nobody else that waits has been let go on its account so far. */
  owesPermit = false;
  /** The client's message is complete. */
  isRequestEnded = false;
  /** The client waits for a 100 before it sends its body, and has got none. */
  isContinueOwed = false;
  /** Number of the attempt whose 100s go to the client; -1: it got ours; 0: none yet. It gets no other's, whatever is tried. */
  continueBy = 0;
  /** A burst of client events is under way: whoever ends it flushes. */
  isBurst = false;
  isClientPaused = false;
  /** Since when its body is waited for, without times in which it is paused; while it is, how long that had been. */
  bodySince = 0;
  /** When the whole request had gone to an endpoint for the first time, 0 until then. */
  awaitingSince = 0;
  /** A reused connection turned out closed: the next attempt takes a new one. */
  isStaleMet = false;
  /** It ended before the answer was complete. */
  isCut = false;
  /** Body bytes kept: before there is a connection to send them to, and for another attempt. */
  readonly kept: KeptBytes;
  /** All of the body that has come is in `kept`, and is worth keeping. */
  isBodyKept = false;
  requestTrailers = '';
  /** Whether a side that is blocked still takes something. */
  readonly clientProgress = new WriteProgress();
  readonly endpointProgress = new WriteProgress();
  /** How fast the client takes this answer; null: nothing of it has had to wait. */
  clientPace: TakingPace | null = null;
  /** Stream ends of a tunnel that have been seen. */
  isClientEnded = false;
  isUpstreamEnded = false;
  /** A slow client body, or an endpoint that takes none of it. */
  readonly requestTimer = new ExchangeTimer(this, ON_REQUEST_TIMEOUT);
  /** Connect, first byte, idle within the response, or a client that takes none of it. */
  readonly responseTimer = new ExchangeTimer(this, ON_RESPONSE_TIMEOUT);
  readonly #attemptTimer = new ExchangeTimer(this, ON_ATTEMPT_TIMEOUT);
  readonly #totalTimer = new ExchangeTimer(this, ON_TOTAL_TIMEOUT);
  readonly retryTimer = new ExchangeTimer(this, ON_RETRY_DUE);

  constructor(host: ExchangeHost) {
    this.host = host;
    this.kept = new KeptBytes(host.memory, USE_REQUEST);
  }

  /** `source`: where an event about the answer comes from. */
  dispatch(event: number, source: ResponseSource | null = null): void {
    ACTIONS[this.state * EVENT_COUNT + event](this, source, NO_BYTES, 0, 0);
  }

  dispatchBytes(event: number, source: ResponseSource | null, buffer: Buffer, start: number, end: number): void {
    ACTIONS[this.state * EVENT_COUNT + event](this, source, buffer, start, end);
  }

  // ——— from the client's codec

  onRequest(head: RequestHead): void {
    this.head = head;
    this.isBurst = true;
    this.dispatch(ON_REQUEST);
  }

  onRequestBody(buffer: Buffer, start: number, end: number): void {
    this.isBurst = true;
    this.dispatchBytes(ON_REQUEST_BYTES, null, buffer, start, end);
  }

  onRequestEnd(trailers: string): void {
    this.requestTrailers = trailers;
    this.dispatch(ON_REQUEST_END);
  }

  onRequestFlush(): void {
    this.isBurst = false;
    this.attempt?.stream?.flush();
  }

  onRequestBroken(fault: Fault): void {
    this.fault = fault;
    this.dispatch(ON_REQUEST_BROKEN);
  }

  onClientDrain(): void {
    this.clientProgress.end();
    this.dispatch(ON_CLIENT_DRAIN);
  }

  onClientEnd(): void {
    this.dispatch(ON_CLIENT_END);
  }

  onClientGone(): void {
    this.dispatch(ON_CLIENT_GONE);
  }

  /** Our own code threw while it handled this exchange. */
  onOwnFault(): void {
    this.isBurst = false;
    this.dispatch(ON_FAULT);
  }

  /** A waiting attempt got its place. */
  onPlace(state: number): void {
    if (this.state !== WAITING) return;
    this.state = state;
    this.wait.leave();
    this.record.queuedUntil = this.host.now();
    this.host.wheel.arm(this.responseTimer, this.timeouts.connectMs);
  }

  get rank(): number {
    return this.wait.rank;
  }

  get homeSlot(): number {
    return this.wait.homeSlot;
  }

  hasToWait(): boolean {
    return isHomeFull(this, (this.request as OutgoingRequest).route.pool);
  }

  get waitingSince(): number {
    return this.wait.since - this.wait.formerMs;
  }

  get goesFirst(): boolean {
    return this.isRequestEnded && (this.request as OutgoingRequest).isRepeatable;
  }

  /** Its pool has an endpoint to try, or a place for it. */
  onReleased(): void {
    this.wait.leave();
    this.dispatch(ON_RETRY_DUE);
    this.flushClient();
  }

  /** Its pool is not waited for any longer. */
  onHoldEnded(fault: Fault | null = null): void {
    if (fault !== null) this.holdFault = fault;
    this.dispatch(ON_RESPONSE_TIMEOUT);
    this.flushClient();
  }

  // ——— for the actions

  get timeouts(): OutgoingRequest['route']['spec']['timeouts'] {
    return (this.request as OutgoingRequest).route.spec.timeouts;
  }

  get isSecure(): boolean {
    return isSecure(this.head as RequestHead, (this.client as ClientStream).connection.peer(this.host.isTrusted));
  }

  flushClient(): void {
    if (this.client !== null) this.client.flush();
  }

  nextAttempt(): Attempt {
    const attempt = (this.attempts[this.attemptCount] ??= new Attempt(this));
    this.record.attempts = ++this.attemptCount;
    attempt.number = this.attemptCount - this.uncounted;
    return attempt;
  }

  /** Adds one to a counter of its route. */
  count(counter: number): void {
    this.host.routeTable.count((this.request as OutgoingRequest).route.spec.slot, counter, 1);
  }

  armTotalTimer(): void {
    const { totalMs } = this.timeouts;
    const { deadline } = this.request as OutgoingRequest;
    if (deadline !== null && (totalMs === 0 || deadline.ms < totalMs)) {
      this.hasDeadline = true;
      this.host.wheel.arm(this.#totalTimer, deadline.ms);
    } else if (totalMs > 0) this.host.wheel.arm(this.#totalTimer, totalMs);
  }

  armAttemptTimer(): void {
    const { perTryMs } = this.timeouts;
    if (perTryMs > 0) this.host.wheel.arm(this.#attemptTimer, perTryMs);
  }

  disarm(): void {
    const { wheel } = this.host;
    wheel.disarm(this.requestTimer);
    wheel.disarm(this.responseTimer);
    const { perTryMs, totalMs } = this.timeouts;
    if (perTryMs > 0) wheel.disarm(this.#attemptTimer);
    if (totalMs > 0 || this.hasDeadline) wheel.disarm(this.#totalTimer);
    wheel.disarm(this.retryTimer);
  }

  /**
   * Whether what the endpoint makes of the request says something about the endpoint: while it has not been sent whole,
   * it is the client that keeps it from being answered.
   */
  get isRequestJudged(): boolean {
    return this.isRequestEnded || (this.state !== SENDING && this.state !== RESPONDING);
  }

  /**
   * Begins anew for another request. Whatever stands above and is not set by the first use of it is set here: what is
   * forgotten is seen by another client.
   */
  reset(head: RequestHead): void {
    this.attemptCount = 0;
    this.uncounted = 0;
    this.hasRaced = false;
    this.hasDeadline = false;
    this.heldSince = 0;
    this.wasHeld = false;
    this.wait.reset();
    this.isRacing = false;
    this.isRequestEnded = false;
    this.isContinueOwed = head.expectsContinue && head.version > 10;
    this.continueBy = 0;
    this.isClientPaused = false;
    this.isCut = false;
    this.isStaleMet = false;
    this.awaitingSince = 0;
    this.isClientEnded = false;
    this.isUpstreamEnded = false;
    this.isBodyKept = false;
    this.requestTrailers = '';
    this.remark = '';
    this.stepAt = 0;
    this.stepLines = '';
    this.bodySince = 0;
    this.bodyLimit = 0;
    if (this.tried.length === 0) return;
    this.tried.length = 0;
    this.refused.length = 0;
  }

  /** Lets go of what belongs to the request that is over. */
  release(): void {
    this.state = IDLE;
    this.client = null;
    this.request = null;
    this.head = null;
    this.source = null;
    this.sink = null;
    this.fault = null;
    this.record.head = null;
    this.record.facts = null;
    this.forgetBody();
    this.wait.leave();
  }

  /** Whether another attempt could send the body from its beginning. */
  isReplayable(wasSent: boolean): boolean {
    const { head } = this.request as OutgoingRequest;
    if (head.bodyKind === BODY_NONE || this.record.bytesIn === 0) return true;
    return this.isBodyKept && (!wasSent || this.kept.length === this.record.bytesIn);
  }

  /** There will be no other attempt with this body. What is lent to a write that waits still costs what it did. */
  stopKeeping(): void {
    this.isBodyKept = false;
    if (this.attempt?.stream?.isBlocked !== true) this.kept.clear();
  }

  forgetBody(): void {
    this.isBodyKept = false;
    this.kept.clear();
  }

  pauseClient(): void {
    if (this.isClientPaused) return;
    this.isClientPaused = true;
    this.bodySince = this.host.now() - this.bodySince;
    (this.client as ClientStream).pauseBody();
  }

  resumeClient(): void {
    if (!this.isClientPaused) return;
    this.isClientPaused = false;
    this.bodySince = this.host.now() - this.bodySince;
    (this.client as ClientStream).resumeBody();
  }
}
