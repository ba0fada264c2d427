/** One try at one endpoint. It owns the place in the endpoint's in-flight count and the upstream stream. */
import { isBlamed } from '../core/health/evidence.ts';
import type { BlamedFailure } from '../core/health/evidence.ts';
import { withoutUpgrade } from '../core/health/request-kinds.ts';
import {
  COUNTER_ATTEMPTS,
  COUNTER_BYTES_RECEIVED,
  COUNTER_BYTES_SENT,
  COUNTER_FIRST_BYTE_MS,
} from '../core/shared/pool-table.ts';
import { LEASE_ANY } from '../upstream/waiter.ts';
import type { Dialing, LeaseWant } from '../upstream/waiter.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Exchange } from './exchange/exchange.ts';
import { trialLimitMs } from './exchange/trials.ts';
import type { Trial } from './trial.ts';
import type { ResponseSource } from './exchange/source.ts';
import {
  CONNECTING,
  ON_ENDPOINT_DOWN,
  ON_ENDPOINT_GONE,
  ON_FAILED,
  ON_INFORMATIONAL,
  ON_READY,
  ON_RESPONSE,
  ON_RESPONSE_BYTES,
  ON_RESPONSE_END,
  ON_RIVAL_FAILED,
  ON_RIVAL_READY,
  ON_RIVAL_RESPONSE,
  ON_UPSTREAM_DRAIN,
  ON_UPSTREAM_END,
} from './exchange/states.ts';
import type { ResponseHead } from './head.ts';
import type { OutgoingRequest } from './outgoing.ts';
import type { ClientStream, HttpEndpoint, HttpWaiter, UpstreamFailure, UpstreamStream } from './stream.ts';

/** What a server may do to every request of a kind, or for a host, that it does not know. */
const KIND_DEPENDENT: ReadonlySet<BlamedFailure> = new Set(['closed', 'reset', 'bad-response', 'unexpected-upgrade']);

/** What a server may do to every name that it does not know. */
const NAME_DEPENDENT: ReadonlySet<BlamedFailure> = new Set(['certificate-rejected', 'tls-failed']);

/** Failures whose answers say in the log what was wrong. */
const EXPLAINED: ReadonlySet<UpstreamFailure> = new Set(['bad-response', 'certificate-rejected', 'tls-failed']);

export class Attempt implements HttpWaiter, ResponseSource {
  readonly exchange: Exchange;
  endpoint: HttpEndpoint | null = null;
  stream: UpstreamStream | null = null;
  /** The how manieth of its exchange it is, from 1 on, of those that count. */
  number = 0;
  response: ResponseHead | null = null;
  trailers = '';
  /** The connect under way, where there is one. */
  dialing: Dialing | null = null;
  isWaiting = false;
  /** It is the second of two at once. */
  isRival = false;
  want: LeaseWant = LEASE_ANY;
  /** Something of the request has been given to the connection. */
  isSent = false;
  /** The stream had carried a message before this one. */
  wasReused = false;
  /** Some of a response had come when it failed. */
  hasAnswered = false;
  /** It counts as a failure of the endpoint. */
  isBlamed = false;
  /** Its answer is neither a failure nor a success of the endpoint. */
  saysNothing = false;
  failure: UpstreamFailure | 'timeout' | 'write-timeout' | 'endpoint-removed' = 'closed';
  /** The rule that a malformed answer broke, or what was wrong with TLS. */
  rule = '';
  startedAt = 0;
  /** Of the bodies, by this attempt. */
  bytesSent = 0;
  bytesReceived = 0;
  /** It is the trial of its endpoint. */
  #trial: Trial | null = null;
  /** The policy has heard of it. */
  #isObserved = false;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** At an endpoint that has been acquired for it. */
  begin(endpoint: HttpEndpoint, want: LeaseWant, now: number, isRival = false): void {
    this.isRival = isRival;
    this.endpoint = endpoint;
    this.stream = null;
    this.dialing = null;
    this.isWaiting = false;
    this.want = want;
    this.isSent = false;
    this.wasReused = false;
    this.isBlamed = false;
    this.saysNothing = false;
    this.rule = '';
    this.exchange.record.cause = '';
    this.hasAnswered = false;
    this.startedAt = now;
    this.bytesSent = 0;
    this.bytesReceived = 0;
    this.#isObserved = false;
    if (this.exchange.trial !== null) this.#beginTrial(this.exchange.trial);
    endpoint.count(COUNTER_ATTEMPTS, 1);
    this.isWaiting = !endpoint.leases.lease(this, now);
  }

  #beginTrial(trial: Trial): void {
    this.exchange.trial = null;
    this.#trial = trial;
    trial.begin(trialLimitMs(this.exchange));
  }

  get peerName(): string {
    const { limits, spec } = this.endpoint as HttpEndpoint;
    return limits.tls === null ? '' : limits.tls.nameFor(this.#request.authority || spec.authority);
  }

  onDialing(dialing: Dialing): void {
    this.dialing = dialing;
  }

  /** The endpoint's queue reached this attempt. */
  onPlace(): void {
    this.isWaiting = false;
    const { exchange, isRival, stream } = this;
    if (!isRival) exchange.onPlace(CONNECTING);
    else if (stream === null) exchange.host.wheel.arm(exchange.retryTimer, exchange.timeouts.connectMs);
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.stream = stream;
    this.wasReused = stream.isReused;
    this.dialing = null;
    this.exchange.dispatch(this.isRival ? ON_RIVAL_READY : ON_READY);
  }

  onInformational(head: ResponseHead): void {
    // What is to come is told to the client by one of two at most.
    if (this.isRival) return;
    this.response = head;
    this.exchange.dispatch(ON_INFORMATIONAL, this);
  }

  onResponse(head: ResponseHead): void {
    this.response = head;
    this.exchange.dispatch(this.isRival ? ON_RIVAL_RESPONSE : ON_RESPONSE, this);
  }

  onResponseBody(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start;
    this.exchange.dispatchBytes(ON_RESPONSE_BYTES, this, buffer, start, end);
  }

  onResponseEnd(trailers: string): void {
    this.trailers = trailers;
    this.exchange.dispatch(ON_RESPONSE_END, this);
  }

  onResponseFlush(): void {
    this.exchange.flushClient();
  }

  onUpstreamDrain(): void {
    if (this.isRival) return;
    this.exchange.endpointProgress.end();
    this.exchange.dispatch(ON_UPSTREAM_DRAIN);
  }

  onUpstreamEnd(): void {
    this.exchange.dispatch(ON_UPSTREAM_END);
  }

  onUpstreamFailed(failure: UpstreamFailure, hasAnswered: boolean, detail: string): void {
    this.failure = failure;
    this.rule = EXPLAINED.has(failure) ? detail : '';
    this.exchange.record.cause = detail;
    this.hasAnswered = hasAnswered;
    this.stream = null;
    this.dialing = null;
    this.exchange.dispatch(this.isRival ? ON_RIVAL_FAILED : ON_FAILED);
  }

  onOwnFault(): void {
    this.exchange.onOwnFault();
  }

  /** Its endpoint has left the config, and its time is over. */
  onEndpointGone(): void {
    if (this.isRival) this.#leaveRace();
    else this.exchange.dispatch(ON_ENDPOINT_GONE);
    this.exchange.flushClient();
  }

  /** Its endpoint takes nothing new: it has left the config while this waited for a place there, or is down. */
  onMoved(): void {
    // An exchange is rescued once: the second of two stays where it is, unless it has not even begun.
    if (!this.isRival) this.exchange.dispatch(ON_ENDPOINT_DOWN);
    else if (this.isWaiting) this.#leaveRace();
    this.exchange.flushClient();
  }

  #leaveRace(): void {
    this.failure = 'endpoint-removed';
    this.exchange.dispatch(ON_RIVAL_FAILED);
  }

  /** First byte of the final response: whether its status counts against the endpoint, and how long that took. */
  answered(now: number): void {
    const endpoint = this.endpoint as HttpEndpoint;
    const { pool } = this.#request.route;
    if (pool.isFailureStatus((this.response as ResponseHead).status)) {
      if (this.exchange.isRequestJudged) this.blame('status');
      else this.saysNothing = true;
    }
    const ms = now - this.startedAt;
    if (pool.isSilenceWatched) this.#noteFirstByte(endpoint, now);
    endpoint.count(COUNTER_FIRST_BYTE_MS, ms);
    pool.observed(endpoint, ms, !this.isBlamed);
    pool.answered(now, this.exchange.host);
    if (this.exchange.owesPermit && !this.isBlamed) {
      this.exchange.owesPermit = false;
      pool.holding.answered();
    }
    this.#isObserved = true;
    if (this.#trial !== null && !this.isBlamed && !this.saysNothing) this.#trial.answered();
  }

  /** How long answers take, from the end of the request on. What is out says nothing of that, nor does a stall of ours. */
  #noteFirstByte(endpoint: HttpEndpoint, now: number): void {
    const { awaitingSince, host } = this.exchange;
    const { spec } = this.#request.route;
    if (spec.longPoll || awaitingSince === 0 || endpoint.table.health[endpoint.slot] !== 0) return;
    endpoint.pulse.answered(this.startedAt);
    host.routeTable.observe(spec.slot, host.ranMs(Math.max(awaitingSince, this.startedAt), now));
  }

  /** Whether another attempt could send the body from its beginning. */
  get isReplayable(): boolean {
    return this.exchange.isReplayable(this.isSent);
  }

  pauseBody(): void {
    if (this.stream !== null) this.stream.pauseBody();
  }

  resumeBody(): void {
    if (this.stream !== null) this.stream.resumeBody();
  }

  /** The answer is whole, and none of the statuses that count against an endpoint. */
  succeeded(): void {
    const { endpoint } = this;
    if (endpoint === null || this.isBlamed || this.saysNothing) return;
    if (this.#trial !== null) this.#trial.succeeded();
    const { kind, hostKey, isUpgrade } = this.#request;
    const wasRefused = isUpgrade && this.response?.status !== 101;
    const now = this.exchange.host.now();
    endpoint.kinds.served(wasRefused ? withoutUpgrade(kind) : kind, now);
    endpoint.hosts.served(hostKey, now);
    endpoint.succeeded();
  }

  /** Whose request it is. */
  get owner(): ClientConnection {
    return (this.exchange.client as ClientStream).connection;
  }

  get requestId(): string {
    return this.exchange.record.requestId;
  }

  get #request(): OutgoingRequest {
    return this.exchange.request as OutgoingRequest;
  }

  /**
   * Counts a failure that is the endpoint's fault: one for each attempt, whatever else goes wrong with it. A close or a
   * malformed answer says nothing where requests of that kind, or for that host, have not succeeded there, nor does a
   * handshake for a name that the client has made up.
   */
  blame(kind: string): void {
    if (this.isBlamed || this.saysNothing || !isBlamed(kind)) return;
    const endpoint = this.endpoint as HttpEndpoint;
    const isNothing = KIND_DEPENDENT.has(kind)
      ? !this.#isEvidence(endpoint)
      : NAME_DEPENDENT.has(kind) && endpoint.limits.tls?.isStrange(this.peerName) === true;
    if (isNothing) {
      this.saysNothing = true;
      return;
    }
    this.isBlamed = true;
    if (this.#trial !== null) this.#trial.failed(kind);
    const tookMs = this.exchange.host.now() - this.startedAt;
    endpoint.failed({ failure: kind, detail: this.rule, tookMs });
    // A status is heard of with its first byte.
    if (this.#isObserved || kind === 'status') return;
    this.#request.route.pool.observed(endpoint, tookMs, false);
  }

  #isEvidence({ kinds, hosts }: HttpEndpoint): boolean {
    const { kind, hostKey } = this.#request;
    const now = this.exchange.host.now();
    return kinds.isEvidence(kind, now) && hosts.isEvidence(hostKey, now);
  }

  /** A piece of the request's body. False: it stays borrowed until the endpoint has taken it. */
  sendBody(buffer: Buffer, start: number, end: number): boolean {
    this.bytesSent += end - start;
    return (this.stream as UpstreamStream).sendBody(buffer, start, end);
  }

  /** Both messages are complete: the connection is for the next. */
  complete(): void {
    const stream = this.stream;
    this.stream = null;
    this.response = null;
    this.#leave();
    if (stream !== null) stream.release();
  }

  /** Gives up whatever is under way. */
  abandon(): void {
    const { stream, dialing } = this;
    this.stream = null;
    this.response = null;
    this.dialing = null;
    if (this.isWaiting) {
      this.isWaiting = false;
      (this.endpoint as HttpEndpoint).leases.cancel(this);
    }
    this.#leave();
    if (stream !== null) stream.abort();
    else if (dialing !== null) dialing.abort();
  }

  #leave(): void {
    const endpoint = this.endpoint;
    if (endpoint === null) return;
    this.endpoint = null;
    if (this.#trial !== null) {
      this.#trial.left();
      this.#trial = null;
    }
    if (this.bytesSent > 0) endpoint.count(COUNTER_BYTES_SENT, this.bytesSent);
    if (this.bytesReceived > 0) endpoint.count(COUNTER_BYTES_RECEIVED, this.bytesReceived);
    this.#request.route.pool.release(endpoint);
  }
}
