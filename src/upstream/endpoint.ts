/**
 * One endpoint on one thread: its identity, its row in the pool's shared table, what happens to it there, and its
 * connections.
 */
import { recordFailure, recordSuccess, strictestInARow } from '../core/health/consecutive-failures.ts';
import { evidenceAt, evidenceOf, isCommonEvidence } from '../core/health/evidence.ts';
import type { BlamedFailure, Evidence, RescueKind, TrialResult } from '../core/health/evidence.ts';
import { HostsServed } from '../core/health/hosts-served.ts';
import { KindsServed } from '../core/health/request-kinds.ts';
import { COUNTER_COMMON_FAILURES, COUNTER_FAILURES, REFUSED } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { BreakerSpec, EndpointSpec } from '../core/snapshot.ts';
import { EndpointPulse } from './endpoint-pulse.ts';
import type { LeaseLimits, LeasePool } from './lease-pool.ts';
import type { Waiter } from './waiter.ts';

/** Whose failures are reported: what the control plane finds it by. */
export interface ReportedEndpoint {
  readonly poolId: string;
  readonly spec: EndpointSpec;
}

/** A failure that is the endpoint's fault. */
export interface Blame {
  readonly failure: BlamedFailure;
  /** The rule that a malformed answer broke, else `''`. */
  readonly detail: string;
  /** How long the attempt had been under way, ms. */
  readonly tookMs: number;
}

/** What a worker tells the control plane about an endpoint. */
export interface EndpointReports {
  /**
   * Failures in a row reached the pool's threshold: the control plane decides on ejection. `kind` is the strictest of
   * them, `last` the last.
   */
  onFailuresReached(endpoint: ReportedEndpoint, kind: Evidence, last: Blame): void;
  /** The first failure after a success, or one that was a refused connect where the last was not, or the other way round. */
  onPassiveFailure(endpoint: ReportedEndpoint, isFirst: boolean, blame: Blame): void;
  /**
   * Something failed at an endpoint with a circuit breaker; not told while the control plane has yet to judge by an
   * earlier one. `inARow`: the failures in a row have reached the breaker's number, and this is the strictest of them.
   */
  onBreakerFailure(endpoint: ReportedEndpoint, inARow: Evidence | null, last: Blame): void;
  /** The trial with this number, which a request of this thread was, is over. */
  onTrialEnded(endpoint: ReportedEndpoint, number: number, result: TrialResult): void;
  /** A success after failures. */
  onRecovered(endpoint: ReportedEndpoint): void;
}

export interface EndpointLimits extends LeaseLimits {
  /** Consecutive failures that are reported, 0: none. */
  readonly failures: number;
  /** Null: no circuit breaker. */
  readonly breaker: Pick<BreakerSpec, 'inARow'> | null;
  /** Attempts in flight over all threads, 0: no limit. */
  readonly maxRequests: number;
  /** The same for the whole pool. */
  readonly maxPoolRequests: number;
}

export interface EndpointOptions<W extends Waiter> {
  readonly poolId: string;
  readonly spec: EndpointSpec;
  readonly table: PoolTable;
  readonly limits: EndpointLimits;
  readonly leases: LeasePool<W>;
  readonly reports: EndpointReports;
}

export class Endpoint<W extends Waiter> implements ReportedEndpoint {
  spec: EndpointSpec;
  limits: EndpointLimits;
  readonly poolId: string;
  readonly slot: number;
  /** Another one once the pool has outgrown it. */
  table: PoolTable;
  leases: LeasePool<W>;
  /** Those that it had before, which end what they have. */
  readonly #former: LeasePool<W>[] = [];
  /** What its failures say depends on what it has served. */
  readonly kinds = new KindsServed();
  readonly hosts = new HostsServed();
  readonly pulse = new EndpointPulse();
  readonly #reports: EndpointReports;

  constructor(options: EndpointOptions<W>) {
    this.poolId = options.poolId;
    this.spec = options.spec;
    this.slot = options.spec.slot;
    this.table = options.table;
    this.limits = options.limits;
    this.leases = options.leases;
    this.#reports = options.reports;
  }

  /** Why attempts are to move off it, null where they may stay. */
  get lostBy(): RescueKind | null {
    return evidenceAt(this.table.rescue[this.slot]) as RescueKind | null;
  }

  /** One more attempt is under way here. False: there are as many as there may be, here or in the pool. */
  acquire(): boolean {
    const { maxRequests, maxPoolRequests } = this.limits;
    if (maxRequests > 0 || maxPoolRequests > 0) return this.table.tryAcquire(this.slot, maxRequests, maxPoolRequests);
    this.table.acquire(this.slot);
    return true;
  }

  release(): void {
    if (this.limits.maxRequests > 0) this.table.giveBack(this.slot, this.limits.maxRequests);
    else this.table.release(this.slot);
  }

  /** Adds to one of the counters of `core/shared/pool-table.ts`. */
  count(counter: number, amount: number): void {
    this.table.count(this.slot, counter, amount);
  }

  succeeded(): void {
    if (this.table.failures[this.slot] === 0) return;
    const wasRefused = (this.table.health[this.slot] & REFUSED) !== 0;
    recordSuccess(this.table.failures, this.slot);
    recordSuccess(this.table.breakerFailures, this.slot);
    if (wasRefused) this.#reports.onRecovered(this);
  }

  /** It has taken a connect, and nothing more is known: that ends a row of failed connects, and of nothing else. */
  connected(): void {
    if (strictestInARow(this.table.failures, this.slot) === 'connect') this.succeeded();
  }

  failed(blame: Blame): void {
    const kind = evidenceOf(blame.failure);
    this.count(COUNTER_FAILURES, 1);
    if (isCommonEvidence(kind)) this.count(COUNTER_COMMON_FAILURES, 1);
    const isFirst = this.table.failures[this.slot] === 0;
    const reached = recordFailure(this.table.failures, this.slot, this.limits.failures, kind);
    const isKnownRefused = (this.table.health[this.slot] & REFUSED) !== 0;
    if (isFirst || (blame.failure === 'refused') !== isKnownRefused) {
      this.#reports.onPassiveFailure(this, isFirst, blame);
    }
    if (reached !== null) this.#reports.onFailuresReached(this, reached, blame);
    if (this.limits.breaker !== null) this.#failedByBreaker(this.limits.breaker.inARow, kind, blame);
  }

  /** The share of failures is for the control plane to judge, which sums up what all threads have counted. */
  #failedByBreaker(inARow: number, kind: Evidence, blame: Blame): void {
    const { table, slot } = this;
    const reached = recordFailure(table.breakerFailures, slot, inARow, kind);
    if (!table.isEligible(slot)) return;
    const isTold = Atomics.exchange(table.breakerDue, slot, 1) === 1;
    if (reached !== null || !isTold) this.#reports.onBreakerFailure(this, reached, blame);
  }

  /** When a byte last came from it, over any connection of this thread. */
  get heardAt(): number {
    return this.leases.heardAt;
  }

  trialEnded(number: number, result: TrialResult): void {
    this.#reports.onTrialEnded(this, number, result);
  }

  /** Its weight, its addresses or the pool's limits have changed. */
  update(spec: EndpointSpec, limits: EndpointLimits): void {
    this.spec = spec;
    this.limits = limits;
    this.leases.update(spec, limits);
  }

  /** The pool has a larger table: what this thread holds of the endpoint goes there, into the same slot. */
  moveTo(table: PoolTable): void {
    this.table.moveSlot(table, this.slot);
    this.table = table;
    this.leases.moveTo(table);
    for (const leases of this.#former) leases.moveTo(table);
  }

  /** Other connections from now on. Returns those before: they are to be retired. */
  changeLeases(leases: LeasePool<W>): LeasePool<W> {
    const before = this.leases;
    this.#former.push(before);
    this.leases = leases;
    return before;
  }

  /** Gives places for idle connections back where another thread lacks one. */
  yieldPlaces(): void {
    if (this.table.placesWanted[this.slot] !== 0) this.table.yieldPlaces(this.slot);
  }

  /** It has left the config. */
  retire(): void {
    this.leases.retire();
  }
}
