/**
 * A session of UDP: what one address and port of a client sends, a socket to one endpoint, and what comes back. That an
 * endpoint is not there shows in a refusal (ICMP) of what was sent to it. So the first datagrams are kept until it has
 * answered, or has refused nothing for the time of a connect, and go on to another one where it does refuse.
 *
 * | state    | client: datagram | socket: open   | endpoint: datagram | refusal             | timeout        | endpoint lost²      |
 * | -------- | ---------------- | -------------- | ------------------ | ------------------- | -------------- | ------------------- |
 * | opening  | kept¹            | unproved, sent | –                  | the next, or over   | over           | the next, or over   |
 * | unproved | sent and kept¹   | –              | proved, passed on  | the next, or over   | proved         | the next, or over   |
 * | proved   | sent             | –              | passed on          | the next³, or over  | over when idle | over                |
 * | over     | –                | –              | –                  | –                   | –              | –                   |
 *
 * ¹ Sixteen at most. ² With `retry.rescue`. ³ With the datagram that could not be sent; what was sent before is lost.
 */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import type { TrialResult } from '../core/health/evidence.ts';
import { MOST_MOVES } from '../core/resilience/retry-policy.ts';
import {
  COUNTER_ATTEMPTS,
  COUNTER_BYTES_RECEIVED,
  COUNTER_BYTES_SENT,
  COUNTER_MOVES,
} from '../core/shared/pool-counters.ts';
import {
  ROUTE_BREAKER_OPEN,
  ROUTE_BYTES_IN,
  ROUTE_BYTES_OUT,
  ROUTE_DATAGRAMS_DROPPED,
  ROUTE_DATAGRAMS_IN,
  ROUTE_DATAGRAMS_OUT,
  ROUTE_FAULTS,
  ROUTE_MOVES,
  ROUTE_REQUESTS,
} from '../core/shared/route-table.ts';
import type { DatagramFlowEvents, DatagramPeer } from '../net/datagrams.ts';
import { Timer } from '../net/timer-wheel.ts';
import type { CloseReason } from '../net/transport.ts';
import { takeConnectTrial } from '../tcp/connect-trial.ts';
import { SessionRecord } from '../tcp/session-record.ts';
import { sessionKey } from '../tcp/session-key.ts';
import { MOST_PICKS, Picking, acquireEndpoint } from '../upstream/choosing.ts';
import { KEEPS_NONE } from '../upstream/owner.ts';
import type { PickedTrial } from '../upstream/pool-pick.ts';
import { LEASE_OWN } from '../upstream/waiter.ts';
import type { Dialing, LeaseWant } from '../upstream/waiter.ts';
import { EndpointFlow } from './endpoint-flow.ts';
import { KeptDatagrams } from './kept-datagrams.ts';
import type { FlowHome, SessionOwner, UdpEndpoint, UdpHost, UdpRoute, UdpWaiter } from './udp-host.ts';

const OPENING = 0;
const UNPROVED = 1;
const PROVED = 2;
const OVER = 3;

/** One that is asked to go is over when nothing has passed for so long, ms: as long as an idle connection has. */
const LEAVING_MS = 1000;
/** What an endpoint has failed of where ICMP says that its port is closed. */
const NOBODY_THERE = 'nothing listens on the port';

const NONE: readonly UdpEndpoint[] = [];
const picking = new Picking();
// Whoever waits for a place comes first: a session of UDP never does.
picking.rank = Number.MAX_SAFE_INTEGER;

export class UdpSession extends Timer implements DatagramFlowEvents, UdpWaiter {
  readonly want: LeaseWant = LEASE_OWN;
  readonly owner = KEEPS_NONE;
  readonly peerName = '';
  readonly route: UdpRoute;
  readonly peer: DatagramPeer;
  readonly record = new SessionRecord();
  readonly #sessions: SessionOwner;
  readonly #host: UdpHost;
  readonly #key: number;
  #state = OPENING;
  /** The one it is at; null: at none just now. */
  endpoint: UdpEndpoint | null = null;
  #flow: EndpointFlow | null = null;
  #trial: PickedTrial<UdpWaiter> | null = null;
  /** Those that have refused what it sent, and those that were full. */
  #passed = NONE;
  readonly #kept: KeptDatagrams;
  #startedAt = 0;
  /** When a datagram last passed, in either direction. */
  #lastAt: number;
  /** It is asked to go, and over by then, whatever passes; infinite: it is not. */
  #leavesBy = Infinity;

  /** `client`: the address as people write it. */
  constructor(peer: DatagramPeer, client: string, route: UdpRoute, sessions: SessionOwner, host: UdpHost) {
    super();
    this.peer = peer;
    this.route = route;
    this.#sessions = sessions;
    this.#host = host;
    this.#kept = new KeptDatagrams(host.memory);
    this.#key = sessionKey(route, client);
    this.#lastAt = host.now();
    const { record } = this;
    record.arrivedAt = this.#lastAt;
    record.listener = route.listener.id;
    record.pool = route.spec.pool;
    if (route.log !== null) record.client = client;
    this.#count(ROUTE_REQUESTS, 1);
    host.opened(this);
  }

  /** With the datagram that it is for. */
  begin(datagram: Buffer): void {
    this.onClientDatagram(datagram);
    this.#search();
  }

  // ——— the client

  onClientDatagram(datagram: Buffer): void {
    this.#lastAt = this.#host.now();
    this.record.bytesIn += datagram.length;
    this.#count(ROUTE_DATAGRAMS_IN, 1);
    this.#count(ROUTE_BYTES_IN, datagram.length);
    const isKept = this.#state !== PROVED && this.#kept.add(datagram);
    if (this.#state !== OPENING) this.#send(datagram);
    else if (!isKept) this.#count(ROUTE_DATAGRAMS_DROPPED, 1);
  }

  #send(datagram: Buffer): void {
    if (this.#flow?.send(datagram) !== true) this.#count(ROUTE_DATAGRAMS_DROPPED, 1);
  }

  // ——— the choice of an endpoint

  #search(): void {
    const { pool } = this.route;
    let isFull = false;
    for (let picks = 0; picks < MOST_PICKS; picks++) {
      const endpoint = this.#pick();
      if (endpoint === null) break;
      if (this.#take(endpoint)) return;
      isFull = true;
      this.#passed = [...this.#passed, endpoint];
    }
    if (pool.isBroken) this.#count(ROUTE_BREAKER_OPEN, 1);
    if (pool.isBroken) this.#notFound(FAULTS.breakerOpen);
    else if (isFull || pool.isFull(this.#passed)) this.#notFound(FAULTS.queueFull);
    else this.#notFound(this.#passed.length > 0 ? FAULTS.connectFailed : FAULTS.noEndpoint);
  }

  #pick(): UdpEndpoint | null {
    const { pool, isShared } = this.route;
    picking.key = this.#key;
    if (this.#passed.length === 0) {
      this.#trial = takeConnectTrial(pool, picking, isShared);
      if (this.#trial !== null) return this.#trial.endpoint;
    }
    return acquireEndpoint(pool, picking, this.#passed, this.#passed);
  }

  /** False: all the sockets that it may have are taken. */
  #take(endpoint: UdpEndpoint): boolean {
    const { record } = this;
    const now = this.#host.now();
    this.endpoint = endpoint;
    this.#startedAt = now;
    this.#state = OPENING;
    if (!endpoint.leases.lease(this, now)) {
      endpoint.leases.cancel(this);
      this.endpoint = null;
      this.#endTrial('void');
      this.route.pool.release(endpoint);
      return false;
    }
    record.attempts++;
    record.endpoint = endpoint.spec.id;
    record.queuedUntil = now;
    endpoint.count(COUNTER_ATTEMPTS, 1);
    this.#host.wheel.arm(this, this.route.spec.connectMs);
    return true;
  }

  openFlow(home: FlowHome): Dialing {
    this.#flow = new EndpointFlow(home, this, this.#host.datagrams);
    return this.#flow;
  }

  onDialing(): void {}

  /** It never waits. */
  onPlace(): void {}

  // ——— the endpoint

  onOpen(): void {
    if (this.#state !== OPENING) return;
    this.#state = UNPROVED;
    this.record.connectedAt = this.#host.now();
    for (const datagram of this.#kept.all) this.#send(datagram);
  }

  onDatagram(datagram: Buffer): void {
    const { record } = this;
    const now = this.#host.now();
    if (this.#state === UNPROVED) this.#answered(now);
    this.#lastAt = now;
    this.#flow?.heard(now);
    if (record.firstByteAt === 0) record.firstByteAt = now;
    record.bytesOut += datagram.length;
    this.#count(ROUTE_DATAGRAMS_OUT, 1);
    this.#count(ROUTE_BYTES_OUT, datagram.length);
    if (!this.#sessions.answer(datagram, this.peer)) this.#count(ROUTE_DATAGRAMS_DROPPED, 1);
  }

  #answered(now: number): void {
    const { pool } = this.route;
    if (this.endpoint !== null) pool.observed(this.endpoint, now - this.#startedAt, true);
    pool.answered(now, this.#host);
    this.#prove();
  }

  /** It takes what it is sent, as far as anybody can tell. */
  #prove(): void {
    this.#state = PROVED;
    this.#kept.clear();
    this.#passed = NONE;
    this.#endTrial('passed');
    this.endpoint?.connected();
  }

  onError(reason: CloseReason, unsent: Buffer | null): void {
    const { kind, code } = reason;
    this.record.cause = code;
    if (kind === 'refused' || kind === 'unreachable' || kind === 'reset') this.#refused(reason, unsent);
    else if (this.#state === OPENING) this.#notFound(FAULTS.ourResources);
    else this.#count(ROUTE_DATAGRAMS_DROPPED, 1);
  }

  #refused(reason: CloseReason, unsent: Buffer | null): void {
    const { endpoint } = this;
    if (endpoint === null) return;
    const wasProved = this.#state === PROVED;
    if (!wasProved && this.#flow?.tryNext(reason) === true) {
      this.#state = OPENING;
      return;
    }
    const tookMs = this.#host.now() - this.#startedAt;
    const detail = reason.kind === 'refused' ? NOBODY_THERE : '';
    this.#endTrial('unreachable');
    endpoint.failed({ failure: 'unreachable', detail, tookMs });
    this.route.pool.observed(endpoint, tookMs, false);
    if (wasProved && unsent !== null) this.#kept.add(unsent);
    this.#moveOn(endpoint, 'refused: endpoint');
  }

  /** With what is kept to another endpoint; with nothing it is over, and its client's next datagram begins anew. */
  #moveOn(from: UdpEndpoint, reason: string): void {
    const { spec } = this.route.pool;
    this.#leaveEndpoint();
    this.#passed = [...this.#passed, from];
    if (this.#kept.all.length === 0) {
      this.#over(reason);
    } else if (!spec.retry.onConnect || this.#passed.length > MOST_MOVES) {
      this.#notFound(FAULTS.connectFailed);
    } else {
      from.count(COUNTER_MOVES, 1);
      this.#count(ROUTE_MOVES, 1);
      this.#search();
    }
  }

  #leaveEndpoint(): void {
    const { endpoint } = this;
    const flow = this.#flow;
    this.endpoint = null;
    this.#flow = null;
    this.#endTrial('void');
    flow?.close();
    if (endpoint !== null) this.route.pool.release(endpoint);
  }

  #endTrial(result: TrialResult): void {
    const trial = this.#trial;
    this.#trial = null;
    trial?.endpoint.trialEnded(trial.number, result);
  }

  // ——— time

  /** Datagrams do not arm the timer anew: what has passed meanwhile is looked at when it fires. */
  override onTimeout(): void {
    const { idleMs, connectMs } = this.route.spec;
    const now = this.#host.now();
    const isLeaving = this.#leavesBy !== Infinity;
    const limitMs = isLeaving ? Math.min(LEAVING_MS, idleMs) : idleMs;
    const leftMs = Math.min(this.#lastAt + limitMs, this.#leavesBy) - now;
    const unprovedMs = this.#startedAt + connectMs - now;
    if (this.#state === OPENING) this.#notFound(FAULTS.connectTimeout);
    else if (leftMs <= 0) this.#over(isLeaving ? 'drain' : 'idle');
    else if (this.#state !== UNPROVED) this.#host.wheel.arm(this, leftMs);
    else if (unprovedMs > 0) this.#host.wheel.arm(this, Math.min(unprovedMs, leftMs));
    else {
      this.#prove();
      this.#host.wheel.arm(this, leftMs);
    }
  }

  // ——— the end

  /** Over as soon as nothing passes any more, at the latest after the drain time; its client may go on meanwhile. */
  drain(): void {
    if (this.#leavesBy !== Infinity || this.#state === OVER) return;
    const { drainMs } = this.#host;
    this.#leavesBy = this.#host.now() + drainMs;
    this.#host.wheel.arm(this, Math.min(LEAVING_MS, drainMs));
  }

  /** It need not go after all. */
  stay(): void {
    this.#leavesBy = Infinity;
  }

  /** As {@link drain}, but its client begins another session with what it sends from now on. */
  leave(): void {
    this.#sessions.forget(this);
    this.drain();
  }

  /** Its endpoint takes nothing new, or is down. */
  onMoved(): void {
    const { endpoint } = this;
    if (endpoint !== null && this.route.pool.spec.retry.rescue) this.#moveOn(endpoint, 'endpoint-lost');
  }

  /** Its endpoint has left the config, and its time is over. */
  onEndpointGone(): void {
    this.#over(FAULTS.endpointRemoved.code);
  }

  /** Ends it: the time that it had to end is over. */
  destroy(): void {
    this.#over('drain');
  }

  override onFault(): void {
    this.onOwnFault();
  }

  onOwnFault(): void {
    this.#over(FAULTS.internal.code);
  }

  #notFound({ code }: Fault): void {
    this.#count(ROUTE_DATAGRAMS_DROPPED, this.#kept.all.length);
    this.#count(ROUTE_FAULTS, 1);
    this.record.reason = code;
    this.#host.failed(this.record);
    this.#over(code);
  }

  #over(reason: string): void {
    if (this.#state === OVER) return;
    this.#state = OVER;
    const { record, endpoint } = this;
    Object.assign(record, { reason, endedAt: this.#host.now() });
    this.#host.wheel.disarm(this);
    this.#kept.clear();
    if (endpoint !== null && record.bytesIn > 0) endpoint.count(COUNTER_BYTES_SENT, record.bytesIn);
    if (endpoint !== null && record.bytesOut > 0) endpoint.count(COUNTER_BYTES_RECEIVED, record.bytesOut);
    this.#leaveEndpoint();
    this.#sessions.forget(this);
    this.#sessions.ended(this);
    this.route.log?.sessionEnded(record);
    this.#host.closed(this);
  }

  #count(counter: number, amount: number): void {
    this.#host.routeTable.count(this.route.slot, counter, amount);
  }
}
