/**
 * One endpoint on one worker: its idle connections, newest first, and who waits for one while the endpoint is
 * at its `maxConnections`. Sockets and idle sockets are counted over all threads in the pool's shared table.
 */
import {
  COUNTER_CONNECTS,
  COUNTER_STRAYS,
  REFUSED,
  STRAY_AFTER_BODY,
  STRAY_AFTER_HEAD,
} from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { EndpointSpec } from '../core/snapshot.ts';
import { KindsServed } from '../core/health/request-kinds.ts';
import { ConnectionKeeping } from '../core/resilience/connection-keeping.ts';
import { recordFailure, recordSuccess } from '../core/health/consecutive-failures.ts';
import type { Attempt } from './attempt.ts';
import type { UpstreamConnection, UpstreamDialer } from './upstream.ts';

/** What a worker tells the control plane about an endpoint. */
export interface EndpointReports {
  /** Consecutive gateway failures reached the pool's threshold: the control plane decides on ejection. */
  onFailuresReached(endpoint: EndpointRuntime, kind: string): void;
  /** The first failure after a success, or a refused connect that was not known. */
  onPassiveFailure(endpoint: EndpointRuntime, kind: string): void;
  /** A success after failures. */
  onRecovered(endpoint: EndpointRuntime): void;
  /** An exception of ours that belongs to one exchange, and not to the entry it happened in. */
  reportFault(error: unknown): void;
}

export interface EndpointLimits {
  /** Sockets over all threads, 0: no limit. */
  readonly maxConnections: number;
  readonly maxIdle: number;
  readonly idleTimeoutMs: number;
  /** Heads of answers may have lone LF. */
  readonly isLenient: boolean;
  /** Consecutive failures that are reported, 0: none. */
  readonly failures: number;
}

/** After as many answers without a body and without a stray byte the next ones are not waited for. */
const CLEAN_ANSWERS = 1000;

export class EndpointRuntime {
  spec: EndpointSpec;
  limits: EndpointLimits;
  readonly poolId: string;
  readonly slot: number;
  /** Another one once the pool has outgrown it. */
  table: PoolTable;
  readonly #reports: EndpointReports;
  /** Set once, by whoever composes codec and endpoint. */
  dialer: UpstreamDialer | null = null;
  /** Index of the address that answered last. */
  preferredAddress = 0;
  readonly keeping = new ConnectionKeeping();
  readonly kinds = new KindsServed();
  /** Newest last. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #waiting: Attempt[] = [];
  /** Between an answer and the idle ones: not yet known to be clean. */
  readonly #settling = new Set<UpstreamConnection>();
  #cleanAnswers = 0;
  #isRetired = false;

  constructor(poolId: string, spec: EndpointSpec, table: PoolTable, limits: EndpointLimits, reports: EndpointReports) {
    this.poolId = poolId;
    this.spec = spec;
    this.slot = spec.slot;
    this.table = table;
    this.limits = limits;
    this.#reports = reports;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Finds a connection for an attempt: the newest idle one, else a new one. Answers false where the endpoint is
   * at its limit: the attempt then waits here. A request that must not be repeated takes an idle one only where the
   * endpoint has proved to keep them, and none that has lain idle for over half its time, since the server may be
   * closing it just now; with `isFresh` none is taken, because one of them has just turned out closed and the others
   * are of the same age.
   */
  connect(attempt: Attempt, isFresh: boolean, now: number): boolean {
    const { isRepeatable } = attempt;
    const mayReuse = !isFresh && (isRepeatable || this.#isTrusted(now));
    while (mayReuse) {
      const connection = this.#idle.pop();
      if (connection === undefined) break;
      this.table.leaveIdle(this.slot);
      const age = now - connection.idleSince;
      if (age < connection.idleLimitMs) {
        if (isRepeatable || age * 2 <= connection.idleLimitMs) {
          connection.carry(attempt);
          return true;
        }
        // Too old for this one, good enough for another: but only while it keeps its place among the idle.
        if (this.table.tryIdle(this.slot, this.limits.maxIdle)) this.#idle.push(connection);
        else connection.close();
        break;
      }
      connection.close();
    }
    if (this.#tryDial(attempt)) return true;
    this.#waiting.push(attempt);
    // Others that hold idle connections are asked to give one up.
    Atomics.store(this.table.wanted, this.slot, 1);
    return false;
  }

  #isTrusted(now: number): boolean {
    return this.keeping.isTrusted(now, this.#idle.length === 0 ? -1 : now - this.#idle[0].idleSince);
  }

  #tryDial(attempt: Attempt): boolean {
    let isOpen = this.table.tryOpen(this.slot, this.limits.maxConnections);
    if (!isOpen) {
      // At the limit with an idle connection of our own (one too old for a POST): that one makes room.
      const oldest = this.#idle.shift();
      if (oldest === undefined) return false;
      this.table.leaveIdle(this.slot);
      oldest.close();
      isOpen = this.table.tryOpen(this.slot, this.limits.maxConnections);
      if (!isOpen) return false;
    }
    this.table.count(this.slot, COUNTER_CONNECTS, 1);
    attempt.dialing = (this.dialer as UpstreamDialer).dial(attempt);
    return true;
  }

  /** The attempt no longer waits. */
  stopWaiting(attempt: Attempt): void {
    const index = this.#waiting.indexOf(attempt);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    this.#wantLess();
  }

  /** Gives a connection that can be used again to who waits, or keeps it. False: the caller closes it. */
  keep(connection: UpstreamConnection, now: number): boolean {
    if (this.#isRetired) return false;
    if (this.#waiting.length > 0) {
      // Closed, it makes room for a new one.
      if (!this.#waiting[0].isRepeatable && !this.#isTrusted(now)) return false;
      const next = this.#waiting.shift() as Attempt;
      this.#wantLess();
      this.#give(connection, next);
      return true;
    }
    if (this.limits.maxConnections > 0 && Atomics.exchange(this.table.wanted, this.slot, 0) === 1) return false;
    if (!this.table.tryIdle(this.slot, this.limits.maxIdle)) return false;
    connection.idleSince = now;
    this.#idle.push(connection);
    return true;
  }

  /** Within an event of the exchange that was here before, whose fault this must not become. */
  #give(connection: UpstreamConnection, next: Attempt): void {
    try {
      next.onPlace();
      connection.carry(next);
    } catch (error) {
      this.#reports.reportFault(error);
      next.onOwnFault();
    }
  }

  /** A connection that is looked at before it is offered to anybody; `settled` or `dropIdle` follows. */
  settle(connection: UpstreamConnection): void {
    this.#settling.add(connection);
  }

  /** Nothing has come; `hadBody`: of the answer before. False: it is not being looked at any more. */
  settled(connection: UpstreamConnection, hadBody: boolean): boolean {
    if (!this.#settling.delete(connection)) return false;
    if (!hadBody) this.#cleanAnswers++;
    return true;
  }

  /** So many answers without a body were followed by nothing that this one need not be waited for. */
  get isKnownClean(): boolean {
    return this.#cleanAnswers >= CLEAN_ANSWERS;
  }

  /** Whether a connection may carry another message after an answer of this kind. */
  mayFollow(hadBody: boolean): boolean {
    const strays = this.table.strays[this.slot];
    return strays === 0 || (hadBody && (strays & STRAY_AFTER_BODY) === 0);
  }

  /** Bytes that belong to no answer came behind one. */
  strayed(hadBody: boolean): void {
    this.table.count(this.slot, COUNTER_STRAYS, 1);
    Atomics.or(this.table.strays, this.slot, hadBody ? STRAY_AFTER_BODY : STRAY_AFTER_HEAD);
  }

  /** An idle connection ended by itself. */
  dropIdle(connection: UpstreamConnection): void {
    this.#settling.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    this.table.leaveIdle(this.slot);
  }

  /** A socket of ours is gone, or its connect failed. */
  closed(): void {
    this.table.closed(this.slot);
    if (this.#waiting.length > 0) this.serveWaiting();
  }

  /**
   * Serves who waits, as far as there are places; called when a socket closes, and every few milliseconds while
   * somebody waits, because a place may have become free in another thread.
   */
  serveWaiting(): void {
    while (this.#waiting.length > 0) {
      const attempt = this.#waiting[0];
      if (!this.#tryDial(attempt)) {
        Atomics.store(this.table.wanted, this.slot, 1);
        return;
      }
      this.#waiting.shift();
      this.#wantLess();
      attempt.onPlace();
    }
  }

  /** With nobody left here the flag falls; a thread that still waits raises it again within milliseconds. */
  #wantLess(): void {
    if (this.#waiting.length === 0) Atomics.store(this.table.wanted, this.slot, 0);
  }

  /** Closes one idle connection where another thread has asked for a place. */
  yieldIdle(): void {
    if (this.#idle.length === 0 || this.table.wanted[this.slot] === 0) return;
    if (Atomics.exchange(this.table.wanted, this.slot, 0) === 0) return;
    const oldest = this.#idle.shift();
    if (oldest === undefined) return;
    this.table.leaveIdle(this.slot);
    oldest.close();
  }

  /** The pool has a larger table: what this thread holds of the endpoint goes there, into the same slot. */
  moveTo(table: PoolTable): void {
    this.table.moveSlot(table, this.slot);
    this.table = table;
  }

  /** The endpoint has left the config: idle connections close, those in use close after their message, who waits moves on. */
  retire(): void {
    this.#isRetired = true;
    for (const connection of this.#settling) connection.close();
    this.#settling.clear();
    for (const connection of this.#idle.splice(0)) {
      this.table.leaveIdle(this.slot);
      connection.close();
    }
    for (const attempt of this.#waiting.splice(0)) this.#moveAway(attempt);
    this.#wantLess();
  }

  /** One that throws must not keep the others here. */
  #moveAway(attempt: Attempt): void {
    try {
      attempt.onEndpointDown();
    } catch (error) {
      this.#reports.reportFault(error);
      attempt.onOwnFault();
    }
  }

  succeeded(): void {
    if (this.table.failures[this.slot] === 0) return;
    const wasRefused = (this.table.health[this.slot] & REFUSED) !== 0;
    recordSuccess(this.table, this.slot);
    if (wasRefused) this.#reports.onRecovered(this);
  }

  failed(kind: string): void {
    const isFirst = this.table.failures[this.slot] === 0;
    const isReached = recordFailure(this.table, this.slot, this.limits.failures);
    const isKnownRefused = (this.table.health[this.slot] & REFUSED) !== 0;
    if (isFirst || (kind === 'refused') !== isKnownRefused) {
      this.#reports.onPassiveFailure(this, kind);
    }
    if (isReached) this.#reports.onFailuresReached(this, kind);
  }
}
