/**
 * The waiting of a session for its pool: for a place (`maxRequests`), or for an endpoint to try. Nothing is read from the
 * client meanwhile; whether it is still there is looked up now and then.
 */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { rankOf } from '../core/resilience/queue-class.ts';
import { MEMORY_REQUESTS, USE_REQUEST } from '../core/shared/memory-table.ts';
import { QUEUE_TIMED_OUT } from '../core/shared/queue-counters.ts';
import { ROUTE_BREAKER_OPEN, ROUTE_HELD } from '../core/shared/route-table.ts';
import { Timer } from '../net/timer-wheel.ts';
import type { Connection } from '../net/transport.ts';
import type { Admission, Queued } from '../upstream/admission.ts';
import { holdLimit } from '../upstream/holding.ts';
import type { Held } from '../upstream/holding.ts';
import type { TcpHost, TcpRoute } from './tcp-host.ts';

/** What a session that waits costs: it, its search, its connection. */
const WAITING_BYTES = 4096;
/** The place of all sessions among the classes of `queueClass`: normal. */
const CLASS = 1;
/** How often it is looked whether the client is still there. */
const LOOK_MS = 1000;

/** Who waits. */
export interface WaitingSearch {
  /** It looks for an endpoint again. `isAnew`: there was none to try before. */
  onReleased(isAnew: boolean): void;
  /** Nothing has come of the wait. */
  onWaitFailed(reason: string): void;
  /** Our own code threw. */
  onOwnFault(): void;
}

interface Line {
  leave(wait: PoolWait): void;
}

export class PoolWait extends Timer implements Held, Queued {
  readonly goesFirst = true;
  readonly #search: WaitingSearch;
  readonly #client: Pick<Connection, 'look' | 'peerState'>;
  readonly #route: TcpRoute;
  readonly #host: TcpHost;
  /** Null: it waits nowhere. */
  #line: Line | null = null;
  #until = 0;
  /** What becomes of it when nothing comes of the wait. */
  #fault: Fault = FAULTS.noEndpoint;
  /** When it was first held, and first waited for a place; 0: not yet. */
  #heldSince = 0;
  #queuedSince = 0;
  /** It was let go, and others wait for what becomes of it. */
  #owesPermit = false;
  #hasMemory = false;
  rank = 0;
  /** No session is bound to an endpoint. */
  readonly homeSlot = -1;

  constructor(search: WaitingSearch, client: Pick<Connection, 'look' | 'peerState'>, route: TcpRoute, host: TcpHost) {
    super();
    this.#search = search;
    this.#client = client;
    this.#route = route;
    this.#host = host;
  }

  get waitingSince(): number {
    return this.#queuedSince;
  }

  hasToWait(): boolean {
    return false;
  }

  get isWaiting(): boolean {
    return this.#line !== null;
  }

  /** It has been held: none of those that are comes before it. */
  get wasHeld(): boolean {
    return this.#heldSince > 0;
  }

  /** Whether somebody who waits for a place comes before it. It asks for one from now on. */
  isBehind(admission: Admission<Queued>): boolean {
    if (this.rank === 0) this.rank = rankOf(CLASS, this.#host.now());
    return admission.isBehind(this);
  }

  /** Waits for an endpoint as long as that makes sense, or fails at once: with `fault`, where nothing else is to be said. */
  hold(fault: Fault): void {
    const { pool } = this.#route;
    const { maxWaiting, holdMs } = pool.spec.queue;
    const host = this.#host;
    if (pool.isBroken) {
      this.#count(ROUTE_BREAKER_OPEN);
      this.#fail(FAULTS.breakerOpen);
      return;
    }
    if (holdMs === 0 || host.isDraining) {
      this.#fail(fault);
      return;
    }
    const now = host.now();
    const { isProved, mostMs } = holdLimit(pool.table, holdMs, host.wallTime());
    const isFirst = this.#heldSince === 0;
    if (isFirst) this.#heldSince = now;
    this.#fault = isProved ? FAULTS.heldTooLong : fault;
    const until = this.#heldSince + mostMs;
    if (until <= now) this.#fail(this.#fault);
    else if (!this.takeMemory()) this.#fail(FAULTS.memory);
    else if (!pool.holding.enter(this, maxWaiting)) this.#fail(FAULTS.queueFull);
    else {
      if (isFirst) this.#count(ROUTE_HELD);
      this.#waitIn(pool.holding, until);
    }
  }

  /** Waits for a place. The time that it may wait is counted once, however often it comes back. */
  waitForPlace(admission: Admission<Queued>): void {
    const { pool, spec } = this.#route;
    const { maxWaiting, timeoutMs } = pool.spec.queue;
    const now = this.#host.now();
    if (this.#queuedSince === 0) this.#queuedSince = now;
    const until = this.#queuedSince + (timeoutMs === 0 ? spec.connectMs : timeoutMs);
    // It holds up nobody else that is held.
    this.endPermit(false);
    this.#fault = FAULTS.queueTimeout;
    if (until <= now) this.#timedOut();
    else if (!this.takeMemory()) this.#fail(FAULTS.memory);
    else if (!admission.enter(this, maxWaiting)) this.#fail(FAULTS.queueFull);
    else this.#waitIn(admission, until);
  }

  #waitIn(line: Line, until: number): void {
    this.#line = line;
    this.#until = until;
    this.#watchClient();
  }

  #watchClient(): void {
    this.#client.look();
    this.#host.wheel.arm(this, Math.min(LOOK_MS, this.#until - this.#host.now()));
  }

  override onTimeout(): void {
    if (this.#line === null) return;
    if (this.#host.now() >= this.#until) this.#timedOut();
    else if (this.#client.peerState === 'gone') this.#end('client-closed');
    else this.#watchClient();
  }

  onReleased(): void {
    this.#owesPermit = this.#line === this.#route.pool.holding;
    this.leave();
    this.#search.onReleased(this.#owesPermit);
  }

  onHoldEnded(fault: Fault | null = null): void {
    if (fault === null) this.#timedOut();
    else this.#fail(fault);
  }

  override onFault(): void {
    this.onOwnFault();
  }

  onOwnFault(): void {
    this.#search.onOwnFault();
  }

  /** It waits no longer, if it did. */
  leave(): void {
    this.giveMemory();
    const line = this.#line;
    if (line === null) return;
    this.#line = null;
    line.leave(this);
    this.#host.wheel.disarm(this);
  }

  /** Who was let go makes room for others, more where it has found an endpoint. */
  endPermit(isGood: boolean): void {
    if (!this.#owesPermit) return;
    this.#owesPermit = false;
    const { holding } = this.#route.pool;
    if (isGood) holding.answered();
    else holding.ended();
  }

  /** False: there is no memory left for one that waits. */
  takeMemory(): boolean {
    const { memory } = this.#host;
    if (this.#hasMemory) return true;
    this.#hasMemory = memory.take(WAITING_BYTES, USE_REQUEST);
    if (!this.#hasMemory) memory.count(MEMORY_REQUESTS);
    return this.#hasMemory;
  }

  giveMemory(): void {
    if (!this.#hasMemory) return;
    this.#hasMemory = false;
    this.#host.memory.give(WAITING_BYTES);
  }

  #timedOut(): void {
    if (this.#fault === FAULTS.queueTimeout) this.#route.pool.table.queue.count(QUEUE_TIMED_OUT);
    this.#fail(this.#fault);
  }

  #fail({ code }: Fault): void {
    this.#end(code);
  }

  #end(reason: string): void {
    this.leave();
    this.endPermit(false);
    this.#search.onWaitFailed(reason);
  }

  #count(counter: number): void {
    this.#host.routeTable.count(this.#route.slot, counter, 1);
  }
}
