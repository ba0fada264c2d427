/**
 * A session of layer 4: a client's connection, one to an endpoint, and the bytes between them. What each side does is
 * done to the other: FIN is passed on, in whichever order, behind what is pending; a reset, or an error, resets.
 *
 * | state     | client: bytes | client: FIN      | client: gone   | endpoint: bytes | endpoint: FIN | endpoint: gone     | timeout   |
 * | --------- | ------------- | ---------------- | -------------- | --------------- | ------------- | ------------------ | --------- |
 * | searching | kept¹         | for the endpoint | search given up | –               | –             | –                  | –         |
 * | open      | passed on     | passed on        | endpoint reset | passed on       | passed on     | client reset²      | both cut³ |
 * | ended     | –             | –                | over⁴          | –               | –             | over⁴              | –         |
 *
 * ¹ The client is not read before the endpoint is connected: its first bytes wait in the kernel. Only what a stage has
 * read before the session began is kept. ² After its FIN the client has its own time to read what came before. ³ Unless
 * a side that takes bytes slowly still takes some. ⁴ Once the other side is gone as well.
 */
import { CLIENT_CLOSED, FAULTS } from '../core/errors.ts';
import { USE_REQUEST } from '../core/shared/memory-table.ts';
import { COUNTER_BYTES_RECEIVED, COUNTER_BYTES_SENT } from '../core/shared/pool-counters.ts';
import {
  ROUTE_ABORTS,
  ROUTE_BYTES_IN,
  ROUTE_BYTES_OUT,
  ROUTE_FAULTS,
  ROUTE_REQUESTS,
} from '../core/shared/route-table.ts';
import { KeptBytes } from '../net/kept-bytes.ts';
import { lingerClose } from '../net/lingering-close.ts';
import { Timer } from '../net/timer-wheel.ts';
import type { CloseReason, Connection, ConnectionHandler } from '../net/transport.ts';
import { WriteProgress } from '../net/write-progress.ts';
import { EndpointSearch } from './endpoint-search.ts';
import type { Searcher } from './endpoint-search.ts';
import { sessionKey } from './session-key.ts';
import { SessionRecord } from './session-record.ts';
import type { TcpEndpoint, TcpHost, TcpRoute } from './tcp-host.ts';
import type { EndpointConnection, EndpointEvents } from './tcp-pool-dialer.ts';

/** A side's FIN came first, and nothing has broken. */
const CLIENT_END = 'client-end';
const ENDPOINT_END = 'endpoint-end';
/** The same of a client of TLS that has not said so there. Many never do; its protocol has to know where its messages end. */
const CLIENT_END_TRUNCATED = 'client-end: truncated';
const ENDS: ReadonlySet<string> = new Set([CLIENT_END, CLIENT_END_TRUNCATED, ENDPOINT_END]);

export class TcpSession extends Timer implements ConnectionHandler, EndpointEvents, Searcher {
  readonly route: TcpRoute;
  readonly client: Connection;
  readonly record = new SessionRecord();
  readonly #host: TcpHost;
  /** Null once it is over. */
  #search: EndpointSearch | null;
  #endpoint: TcpEndpoint | null = null;
  /** Null until it is connected. */
  #upstream: Connection | null = null;
  /** What a stage has read, until it has left. */
  #held: KeptBytes | null = null;
  #isClientEnded = false;
  #isEndpointEnded = false;
  #isClientGone = false;
  #isEndpointGone = true;
  #isOver = false;
  /** When the last byte passed, in either direction. */
  #lastAt = 0;
  readonly #clientProgress = new WriteProgress();
  readonly #endpointProgress = new WriteProgress();

  /** `client`: when its stages are over. */
  constructor(client: Connection, route: TcpRoute, host: TcpHost) {
    super();
    this.client = client;
    this.route = route;
    this.#host = host;
    this.record.arrivedAt = host.now();
    this.record.listener = route.listener.id;
    this.record.pool = route.spec.pool;
    const address = needsAddress(route) ? client.facts.peer.address : '';
    if (route.log !== null) {
      this.record.client = address;
      this.record.facts = client.facts;
    }
    host.routeTable.count(route.slot, ROUTE_REQUESTS, 1);
    host.opened(this);
    client.pause();
    this.#search = new EndpointSearch(this, route, host, sessionKey(route, address));
    this.#search.begin();
  }

  /** The endpoint that it is at, be it to connect; null: at none just now. */
  get endpoint(): TcpEndpoint | null {
    return this.#search === null ? this.#endpoint : this.#search.endpoint;
  }

  // ——— the search

  onFound(upstream: EndpointConnection, endpoint: TcpEndpoint): void {
    const { connection } = upstream;
    this.#search = null;
    this.#endpoint = endpoint;
    this.#upstream = connection;
    this.#isEndpointGone = false;
    upstream.events = this;
    this.#lastAt = this.#host.now();
    this.#host.wheel.arm(this, this.#limitMs);
    const isTaken = this.#held === null || this.#sendHeld(this.#held, connection);
    if (this.#isClientEnded) this.#passClientEnd(connection);
    if (isTaken) this.client.resume();
  }

  #sendHeld(held: KeptBytes, connection: Connection): boolean {
    this.record.bytesIn += held.length;
    if (connection.writeBytes(held.buffer, held.start, held.end)) {
      this.#forgetHeld();
      return true;
    }
    this.#watch(this.#endpointProgress);
    return false;
  }

  onNotFound(reason: string): void {
    this.#search = null;
    this.#note(reason);
    this.#host.routeTable.count(this.route.slot, ROUTE_FAULTS, 1);
    this.#host.failed(this.record);
    this.client.reset();
    this.#endIfOver();
  }

  // ——— the client

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    const upstream = this.#upstream;
    if (upstream === null) {
      this.#keep(buffer, start, end);
      return;
    }
    this.record.bytesIn += end - start;
    this.#lastAt = this.#host.now();
    if (upstream.writeBytes(buffer, start, end)) return;
    this.client.pause();
    this.#watch(this.#endpointProgress);
  }

  /** A stage was ahead: what it has read and not used goes first. */
  #keep(buffer: Buffer, start: number, end: number): void {
    if (this.#search === null) return;
    this.#held ??= new KeptBytes(this.#host.memory, USE_REQUEST);
    if (!this.#held.append(buffer, start, end)) this.#cut(FAULTS.memory.code);
  }

  onDrain(): void {
    this.#clientProgress.end();
    this.#lastAt = this.#host.now();
    this.#upstream?.resume();
  }

  onEnd(): void {
    if (this.#isClientEnded) return;
    this.#isClientEnded = true;
    this.#note(this.client.isTruncated ? CLIENT_END_TRUNCATED : CLIENT_END);
    if (this.#upstream !== null) this.#passClientEnd(this.#upstream);
  }

  #passClientEnd(upstream: Connection): void {
    upstream.end();
    this.#armHalfClosed();
  }

  onClose({ kind }: CloseReason): void {
    this.#isClientGone = true;
    if (this.#search !== null) {
      this.#search.abandon();
      this.#search = null;
      this.#note(CLIENT_CLOSED);
    } else if (kind !== 'end' && kind !== 'truncated') {
      this.#note('reset: client');
      this.#upstream?.reset();
    }
    this.#endIfOver();
  }

  override onFault(): void {
    this.onOwnFault();
  }

  // ——— the endpoint

  onEndpointBytes(buffer: Buffer, start: number, end: number): void {
    const { record } = this;
    this.#lastAt = this.#host.now();
    if (record.firstByteAt === 0) record.firstByteAt = this.#lastAt;
    record.bytesOut += end - start;
    if (this.client.writeBytes(buffer, start, end)) return;
    this.#upstream?.pause();
    this.#watch(this.#clientProgress);
  }

  onEndpointDrain(): void {
    this.#endpointProgress.end();
    this.#forgetHeld();
    this.#lastAt = this.#host.now();
    this.client.resume();
  }

  onEndpointEnd(): void {
    if (this.#isEndpointEnded) return;
    this.#isEndpointEnded = true;
    this.#note(ENDPOINT_END);
    this.client.end();
    this.#armHalfClosed();
  }

  onEndpointClosed({ kind }: CloseReason): void {
    this.#isEndpointGone = true;
    this.#leaveEndpoint();
    if (kind !== 'end' && !this.#isClientGone) {
      this.#note('reset: endpoint');
      if (this.#isEndpointEnded) this.#linger();
      else this.client.reset();
    }
    this.#endIfOver();
  }

  /** It has all that was for it, behind it the FIN, and still sends what nobody takes any more: a reset would overtake both. */
  #linger(): void {
    lingerClose(this.client, this.#host.wheel, {}, () => {
      this.#isClientGone = true;
      this.#endIfOver();
    });
  }

  #leaveEndpoint(): void {
    const endpoint = this.#endpoint;
    if (endpoint === null) return;
    this.#endpoint = null;
    const { bytesIn, bytesOut } = this.record;
    if (bytesIn > 0) endpoint.count(COUNTER_BYTES_SENT, bytesIn);
    if (bytesOut > 0) endpoint.count(COUNTER_BYTES_RECEIVED, bytesOut);
    this.route.pool.release(endpoint);
  }

  // ——— time

  /** How long no byte may pass. */
  get #limitMs(): number {
    const { idleMs, halfClosedMs } = this.route.spec;
    return this.#isClientEnded || this.#isEndpointEnded ? Math.min(idleMs, halfClosedMs) : idleMs;
  }

  #armHalfClosed(): void {
    this.#lastAt = this.#host.now();
    this.#host.wheel.arm(this, this.#limitMs);
  }

  /** A side has yet to take what was sent. */
  #watch(progress: WriteProgress): void {
    this.#host.wheel.arm(this, progress.begin(this.#host.now(), this.#limitMs));
  }

  /** Bytes do not arm the timer anew: what has passed meanwhile is looked at when it fires. */
  override onTimeout(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    const now = this.#host.now();
    const limitMs = this.#limitMs;
    const leftMs = this.#lastAt + limitMs - now;
    const nextMs = Math.min(
      leftMs > 0 ? leftMs : Infinity,
      nextLook(this.client, this.#clientProgress, now, limitMs),
      nextLook(upstream, this.#endpointProgress, now, limitMs),
    );
    if (nextMs === Infinity) this.#cut('idle');
    else this.#host.wheel.arm(this, nextMs);
  }

  // ——— the end

  /** Its endpoint takes nothing new. What is connected stays. */
  onMoved(): void {
    this.#search?.onMoved();
  }

  /** Its endpoint has left the config, and its time is over. */
  onEndpointGone(): void {
    if (this.#search === null) this.#cut(FAULTS.endpointRemoved.code);
    else this.#search.onEndpointGone();
  }

  /** It cannot be asked to go: it ends by itself, or when the time for that is over. */
  leave(): void {}

  /** Cuts it: the time that it had to end is over. */
  destroy(): void {
    this.#cut('drain');
  }

  onOwnFault(): void {
    this.#cut(FAULTS.internal.code);
  }

  #cut(reason: string): void {
    this.#note(reason);
    this.#search?.abandon();
    this.#search = null;
    this.client.reset();
    this.#upstream?.reset();
  }

  /** The first reason counts: the others follow from it. */
  #note(reason: string): void {
    if (this.record.reason === '') this.record.reason = reason;
  }

  #forgetHeld(): void {
    this.#held?.clear();
    this.#held = null;
  }

  #endIfOver(): void {
    if (!this.#isClientGone || !this.#isEndpointGone || this.#isOver) return;
    this.#isOver = true;
    const { record, route } = this;
    const { routeTable, wheel } = this.#host;
    record.endedAt = this.#host.now();
    wheel.disarm(this);
    this.#forgetHeld();
    const { bytesIn, bytesOut, reason } = record;
    if (bytesIn > 0) routeTable.count(route.slot, ROUTE_BYTES_IN, bytesIn);
    if (bytesOut > 0) routeTable.count(route.slot, ROUTE_BYTES_OUT, bytesOut);
    if (this.#upstream !== null && !ENDS.has(reason)) routeTable.count(route.slot, ROUTE_ABORTS, 1);
    route.log?.sessionEnded(record);
    this.#host.closed(this);
  }
}

/**
 * Whether anybody goes by where the client is. The system is asked for that in a call of its own, and does not know it any
 * more once the client has reset: at the beginning or never.
 */
function needsAddress({ key, log, pool }: TcpRoute): boolean {
  return key !== null || log !== null || pool.spec.proxyProtocol !== null;
}

/** When to look again whether a side that has bytes to take still takes some, ms; infinite where it does not, or has none. */
function nextLook(connection: Connection, progress: WriteProgress, now: number, limitMs: number): number {
  if (!connection.isBlocked || progress.isStalled(connection, now, limitMs)) return Infinity;
  return progress.next(now, limitMs);
}
