/** A pool on one thread: its policy, its endpoints in pool order, and the picking of one for an attempt. */
import type { Clock } from '../core/clock.ts';
import { Latencies } from '../core/balancer/latencies.ts';
import { isTrialDue, noneIsDue, takeTrial } from '../core/health/trial-word.ts';
import type { Fitness } from '../core/health/trial-word.ts';
import { isSamePolicy } from '../core/balancer/policies.ts';
import { groupsOf } from '../core/balancer/groups.ts';
import { OVERFLOWN, SPILLED, placementsOf } from '../core/balancer/placements.ts';
import { barredFlags, brokenFlags } from '../core/balancer/panic.ts';
import { isTried } from '../core/balancer/candidates.ts';
import type { Policy } from '../core/balancer/policy.ts';
import { StickyTable } from '../core/balancer/sticky-table.ts';
import { RetryBudget } from '../core/resilience/retry-budget.ts';
import {
  COUNTER_OVERFLOWS,
  COUNTER_PANIC_PICKS,
  COUNTER_SPILLS,
  DRAINING,
  FULL,
  INELIGIBLE,
  REFUSED,
} from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { PolicySpec, PoolSpec } from '../core/snapshot.ts';
import type { Endpoint } from './endpoint.ts';
import type { Admission, AdmissionOptions, Queued } from './admission.ts';
import { Holding } from './holding.ts';
import type { Held, HoldingOptions } from './holding.ts';
import type { PickedTrial, PoolPick } from './pool-pick.ts';
import type { Waiter } from './waiter.ts';

/** How often a pool says that it answers, ms. */
const ANSWERED_EVERY_MS = 1000;

/** What pools of a thread have in common. */
export interface PoolTools extends Pick<HoldingOptions, 'turns' | 'reportFault'> {
  readonly clock: Clock;
  /** Asked where a pool has `maxRequests`. */
  createAdmission(options: AdmissionOptions): Admission<Queued>;
}

const NOBODY: Policy = { pick: () => -1 };
const anyEndpoint = (): boolean => true;
const NO_INDEXES = new Int32Array(0);

function indexesBySlot(endpoints: readonly { readonly slot: number }[]): Int32Array<ArrayBuffer> {
  const indexes = new Int32Array(endpoints.reduce((most, { slot }) => Math.max(most, slot + 1), 0)).fill(-1);
  endpoints.forEach(({ slot }, index) => (indexes[slot] = index));
  return indexes;
}

/** Requests in flight are limited: those beyond it wait. */
export function limitsRequests({ maxRequests, endpoints }: PoolSpec): boolean {
  return maxRequests > 0 || endpoints.some((each) => each.maxRequests > 0);
}

function stickyTableOf({ sticky, endpoints }: PoolSpec): StickyTable | null {
  if (sticky === null) return null;
  return new StickyTable(
    sticky,
    endpoints.map(({ stickyValue = '' }) => stickyValue),
  );
}

export class Pool<W extends Waiter> {
  spec: PoolSpec;
  table: PoolTable;
  endpoints: readonly Endpoint<W>[] = [];
  /** What this thread knows of the endpoints' times. */
  readonly latencies = new Latencies();
  readonly #budget: RetryBudget;
  /** Requests that wait because there is nothing to try. */
  readonly holding: Holding<Held>;
  /** Requests that wait for a place; null where there is no `maxRequests`. */
  admission: Admission<Queued> | null = null;
  readonly #tools: PoolTools;
  #policy: Policy = NOBODY;
  /** Those that routes pick by in its place, in the order of `spec.routePolicies`. */
  #routePolicies: readonly Policy[] = [];
  /** Null where none of its policies learns. */
  #learner: Policy | null = null;
  /** Places of endpoints in the pool by their slots, -1 without one. */
  #indexes = NO_INDEXES;
  /** Null: clients are bound to no endpoint. */
  sticky: StickyTable | null = null;
  /** Whose endpoint is full waits for it. */
  #waitsForBound = false;
  /** Picks among the ineligible: the last resort, null where `panic` is off. */
  #panic: Policy | null = null;
  /** What is counted of a pick, in pool order; null: nothing. */
  #placements: Uint8Array | null = null;
  /** Health flags of endpoints that the last resort leaves alone, and those of them that are for circuit breakers. */
  #barred = 0;
  #broken = 0;
  /** Times to the first byte are noted, and silent endpoints looked for. */
  isSilenceWatched = false;
  /** `spec.ejection.statuses` by status, so that a response costs one look. */
  readonly #failureStatuses = new Uint8Array(600);
  /** When it says so again that it answers. */
  #answeredDue = 0;

  /** Empty until it is arranged. */
  constructor(spec: PoolSpec, table: PoolTable, tools: PoolTools) {
    this.spec = spec;
    this.table = table;
    this.#tools = tools;
    this.#budget = new RetryBudget(table, tools.clock);
    this.holding = new Holding({ ...tools, table, isReachable: () => this.isReachable() });
  }

  /** It goes on in a larger table. */
  moveTo(table: PoolTable): void {
    this.holding.moveTo(table);
    this.admission?.moveTo(table);
    this.table = table;
  }

  /** The endpoints in the order of the spec, and the policies that were made for it: the pool's, then those of routes. */
  arrange(
    spec: PoolSpec,
    endpoints: readonly Endpoint<W>[],
    [policy, ...routePolicies]: readonly Policy[],
    panic: Policy | null,
  ): void {
    this.spec = spec;
    this.endpoints = endpoints;
    this.#policy = policy;
    this.#routePolicies = routePolicies;
    // They learn from all requests, and into one book: one of them is enough.
    this.#learner = [policy, ...routePolicies].find((one) => one.observed !== undefined) ?? null;
    this.#indexes = this.#learner === null ? NO_INDEXES : indexesBySlot(endpoints);
    this.sticky = stickyTableOf(spec);
    this.#waitsForBound = spec.sticky?.whenFull === 'wait';
    this.#panic = panic;
    const failsFast = spec.breaker?.failFast === true;
    this.#barred = barredFlags(failsFast);
    this.#broken = brokenFlags(failsFast);
    this.#placements = placementsOf(groupsOf(spec.endpoints, spec.nearZone));
    this.#budget.attach(this.table);
    this.isSilenceWatched = spec.ejection.enabled && spec.ejection.silence !== 'off';
    this.#failureStatuses.fill(0);
    const { enabled, statuses } = spec.ejection;
    if (enabled || spec.breaker !== null) for (const status of statuses) this.#failureStatuses[status] = 1;
    this.#limit();
  }

  #limit(): void {
    const { spec, table, admission } = this;
    const isLimited = limitsRequests(spec);
    for (const { slot, limits } of this.endpoints) table.setMost(slot, limits.maxRequests);
    if (isLimited)
      this.admission ??= this.#tools.createAdmission({
        ...this.#tools,
        table,
        isFull: () => this.isFull() && !this.#hasTrialWithPlace(),
        hasPlaceAt: (slot) => this.#hasPlace && (this.table.inflight[slot] & FULL) === 0,
        targetMs: () => this.spec.queue.targetMs,
      });
    else this.admission = null;
    if (!isLimited) admission?.open();
  }

  /** An attempt is over, or has not come to be. */
  release(endpoint: Endpoint<W>): void {
    endpoint.release();
    if (this.admission !== null) this.admission.placeFreed();
  }

  /**
   * Whether there is an endpoint to try, and only limits keep it from taking one more, or those whose home it is and who
   * come before this rank; those of `except` left out. Asked where nobody was found for a request, or somebody waits.
   */
  isFull(except: readonly Endpoint<W>[] = [], rank = 0): boolean {
    if (this.admission === null) return false;
    return this.#isFullFor(except, rank, false) ?? this.#isFullFor(except, rank, true) ?? false;
  }

  /** Null: there is nobody to try. */
  #isFullFor(except: readonly Endpoint<W>[], rank: number, isLastResort: boolean): boolean | null {
    const { table } = this;
    if (isLastResort && this.#panic === null) return null;
    const column = isLastResort ? table.health : table.inflight;
    const mask = isLastResort ? this.#barred : INELIGIBLE;
    const hasPlace = this.#hasPlace;
    let isAnyFull: boolean | null = null;
    for (const endpoint of this.endpoints) {
      const { slot } = endpoint;
      if ((column[slot] & mask) !== 0 || endpoint.spec.weight === 0 || except.includes(endpoint)) continue;
      if (hasPlace && (table.inflight[slot] & FULL) === 0 && !this.isAwaited(endpoint, rank)) return false;
      isAnyFull = true;
    }
    return isAnyFull;
  }

  /** The endpoints together may have one more in flight. */
  get #hasPlace(): boolean {
    const { maxRequests } = this.spec;
    return maxRequests === 0 || this.table.sums.bounded < maxRequests;
  }

  /** Whether a place at this endpoint is for those who wait for it alone, and come before this rank. */
  isAwaited({ slot }: Endpoint<W>, rank: number): boolean {
    return this.admission !== null && rank > 0 && this.admission.isAwaited(slot, rank);
  }

  #isFullAt(index: number): boolean {
    return (this.table.inflight[this.endpoints[index].slot] & FULL) !== 0;
  }

  /** Whether one of those that wait may find a place as the trial of an endpoint. */
  #hasTrialWithPlace(): boolean {
    if (!this.isTrialDue || !this.#hasPlace) return false;
    return this.endpoints.some(
      ({ slot, spec }, index) => spec.weight > 0 && !this.#isFullAt(index) && isTrialDue(this.table, slot),
    );
  }

  /** Takes one further attempt from the retry budget. False: it is spent. */
  takeRetry(): boolean {
    return this.#budget.take(this.spec.retryBudget);
  }

  /** To be called once a second: how many requests there were lately, for the retry budget. */
  sampleRequests(): void {
    this.#budget.sample();
  }

  /** Whether this status counts as a gateway failure of the endpoint. */
  isFailureStatus(status: number): boolean {
    return this.#failureStatuses[status] === 1;
  }

  /** Which of its policies a route picks by: 0 for the pool's own. */
  policyOf(spec: PolicySpec | null): number {
    return spec === null ? 0 : 1 + this.spec.routePolicies.findIndex((each) => isSamePolicy(each, spec));
  }

  /** Index of the endpoint for the next attempt, -1 where there is none. */
  pick(request: PoolPick): number {
    if (request.bound >= 0 && this.#servesBound(request)) return request.bound;
    if (this.#waitsForBound && this.admission !== null) {
      const home = this.homeOf(request);
      if (home >= 0 && this.#isFullAt(home)) return -1;
    }
    const index = this.#policyFor(request).pick(request);
    if (index >= 0) {
      if (this.#placements !== null) this.#countPlacement(index, this.#placements[index]);
      return index;
    }
    // Where there is one that is merely full, it is not yet time for the last resort.
    return this.admission !== null && this.#isFullFor([], 0, false) !== null ? index : this.pickLast(request);
  }

  #countPlacement(index: number, flags: number): void {
    if ((flags & OVERFLOWN) !== 0) this.endpoints[index].count(COUNTER_OVERFLOWS, 1);
    if ((flags & SPILLED) !== 0) this.endpoints[index].count(COUNTER_SPILLS, 1);
  }

  /** The last resort: one that health rules out and that has not refused its last connect; -1 where `panic` is off. */
  pickLast(request: PoolPick): number {
    if (this.#panic === null) return -1;
    let last = this.#panicsForBound(request) ? request.bound : this.#panic.pick(request);
    if (last >= 0 && this.#isFullAt(last)) last = this.#lastWithPlace(request);
    if (last >= 0) this.endpoints[last].count(COUNTER_PANIC_PICKS, 1);
    return last;
  }

  /** The last resort is drawn by health alone: the first one of them that is not full. */
  #lastWithPlace({ tried }: PoolPick): number {
    const { health } = this.table;
    return this.endpoints.findIndex(({ slot, spec }, index) => {
      const isOut = (health[slot] & this.#barred) !== 0 || spec.weight === 0;
      return !isOut && !this.#isFullAt(index) && !isTried(index, tried);
    });
  }

  /** The index of the endpoint that a sticky cookie of this value names, -1: none. */
  boundBy(value: string): number {
    return this.sticky === null ? -1 : this.sticky.find(value);
  }

  /** One that drains, or that has a weight of 0, serves whoever is bound to it, and nobody else. */
  #servesBound(request: PoolPick): boolean {
    return !this.#isFullAt(request.bound) && this.#keepsBound(request);
  }

  /** As soon as it has a place. */
  #keepsBound({ bound, tried }: PoolPick): boolean {
    return bound >= 0 && this.isFitForBound(bound) && !isTried(bound, tried);
  }

  /** Index of the one endpoint that this request waits for where that is full; -1: it goes to any. */
  homeOf(request: PoolPick): number {
    if (!this.#waitsForBound || request.isSpilled) return -1;
    if (request.bound >= 0) return this.#keepsBound(request) ? request.bound : -1;
    if (!request.isByAddress) return -1;
    const owner = this.#policyFor(request).owner?.(request) ?? -1;
    const isFit = owner >= 0 && this.table.isEligible(this.endpoints[owner].slot) && !isTried(owner, request.tried);
    return isFit ? owner : -1;
  }

  /** Whether only limits keep its own endpoint from serving this request, or those who come before it there. */
  isFullForBound(request: PoolPick): boolean {
    const own = this.#keepsBound(request) ? request.bound : this.homeOf(request);
    if (own < 0) return false;
    return this.#isFullAt(own) || !this.#hasPlace || this.isAwaited(this.endpoints[own], request.rank);
  }

  /** Whether those that are bound to the endpoint at `index` are served there as soon as it has a place. */
  isFitForBound(index: number): boolean {
    return (this.table.health[this.endpoints[index].slot] & ~(DRAINING | REFUSED)) === 0;
  }

  /** Whether the endpoint that this request is bound to serves it, and takes no others. */
  staysAtDraining(request: PoolPick): boolean {
    if (!this.#keepsBound(request)) return false;
    const { slot, spec } = this.endpoints[request.bound];
    const flags = this.table.health[slot] & (DRAINING | REFUSED);
    return flags === DRAINING || (flags === 0 && spec.weight === 0);
  }

  /** With nobody healthy, a client's own endpoint is the best of the rest. */
  #panicsForBound({ bound, tried }: PoolPick): boolean {
    if (bound < 0 || isTried(bound, tried)) return false;
    const { slot } = this.endpoints[bound];
    return !this.#isFullAt(bound) && (this.table.health[slot] & this.#barred) === 0;
  }

  /** Whether an endpoint may wait for its trial: then {@link takeTrial} goes before {@link pick}. */
  get isTrialDue(): boolean {
    return this.table.trialsDue[0] !== 0;
  }

  /**
   * The first endpoint whose trial is due and for which this request is fit, acquired; no other thread has it then.
   * `mayTry`: whether it could show anything there.
   */
  takeTrial(
    request: PoolPick,
    fitness: Fitness,
    mayTry: (endpoint: Endpoint<W>) => boolean = anyEndpoint,
  ): PickedTrial<W> | null {
    const { table } = this;
    const version = Atomics.load(table.trialsDue, 0);
    let isAnyLeft = false;
    for (const [index, endpoint] of this.endpoints.entries()) {
      if (!isTrialDue(table, endpoint.slot)) continue;
      isAnyLeft = true;
      if (this.#isBoundElsewhere(request, index) || !mayTry(endpoint) || !endpoint.acquire()) continue;
      const taken = takeTrial(table, endpoint.slot, fitness);
      if (taken !== null) return { ...taken, endpoint };
      endpoint.release();
    }
    if (!isAnyLeft) noneIsDue(table, version);
    return null;
  }

  /** One with a weight of 0 is there for those that are bound to it alone. */
  #isBoundElsewhere(request: PoolPick, index: number): boolean {
    if (request.bound >= 0 || this.endpoints[index].spec.weight === 0) return request.bound !== index;
    const owner = this.#policyFor(request).owner?.(request) ?? -1;
    return owner >= 0 && owner !== index;
  }

  /** Requests that find nobody to serve them are answered at once, since circuit breakers keep endpoints from them. */
  get isBroken(): boolean {
    return this.#broken !== 0 && this.endpoints.some(({ slot }) => (this.table.health[slot] & this.#broken) !== 0);
  }

  /** Whether there is an endpoint to try, that has not refused its last connect; those of `except` left out. */
  isReachable(except: readonly Endpoint<W>[] = []): boolean {
    const { health } = this.table;
    return this.endpoints.some((endpoint) => {
      const { slot } = endpoint;
      if ((health[slot] & (REFUSED | DRAINING)) !== 0 || endpoint.spec.weight === 0) return false;
      const isLastResort = this.#panic !== null && (health[slot] & this.#broken) === 0;
      const mayBeTried = isLastResort || this.table.isEligible(slot) || isTrialDue(this.table, slot);
      return mayBeTried && !except.includes(endpoint);
    });
  }

  /** An endpoint has answered. `clock` is asked for the time of day once a second. */
  answered(now: number, clock: Pick<Clock, 'wallTime'>): void {
    if (now < this.#answeredDue) return;
    this.#answeredDue = now + ANSWERED_EVERY_MS;
    this.table.held.poolAnswered(clock.wallTime());
  }

  /** A route of an older config may name one that is not there any more. */
  #policyFor({ policy: at }: PoolPick): Policy {
    return at === 0 || at > this.#routePolicies.length ? this.#policy : this.#routePolicies[at - 1];
  }

  /**
   * An endpoint has taken so long for its first byte, or has failed after so long: for policies that learn. Costs
   * nothing with one that does not.
   */
  observed(endpoint: Endpoint<W>, ms: number, isGood: boolean): void {
    const learner = this.#learner;
    if (learner?.observed === undefined) return;
    const index = endpoint.slot < this.#indexes.length ? this.#indexes[endpoint.slot] : -1;
    if (index >= 0 && this.endpoints[index] === endpoint) learner.observed(index, ms, isGood);
  }
}
