/**
 * Which endpoints of one pool are out because of what traffic met, and for how long: the machine of ejections, and with
 * other rules that of circuit breakers, whose open state is *ejected* here and whose probing is *trial*. Workers count the
 * failures (`consecutive-failures.ts`) and report; the control plane owns the detector, gives it the time and publishes
 * what it decides.
 *
 * | state   | failures reported        | time is up, or it is to be tried | returned | trial passed        | trial failed    | trial without a verdict           | forgotten |
 * | ------- | ------------------------ | -------------------------------- | -------- | ------------------- | --------------- | --------------------------------- | --------- |
 * | in      | ejected, or kept and why | –                                | in       | –                   | –               | –                                 | gone      |
 * | ejected | kept, `already-ejected`  | trial                            | in       | –                   | –               | –                                 | gone      |
 * | trial   | kept, `already-ejected`  | trial                            | in       | trial; the last: in | ejected, longer | trial; the third: ejected, longer | gone      |
 *
 * It has returned when a check has passed that tests what failed, or its trial requests were answered well: one for an
 * ejection, as many as it has probes for a breaker.
 *
 * An ejection lasts `base` × 2ⁿ, at most `max`, ± 10 %, where n is the ejections before; it falls by one for each 30 s
 * that an endpoint serves without being ejected. (A fixed time, as in Envoy and nginx, loses a healthy server for long or
 * lets a sick one back at full share.) A share of the pool is never exceeded, and the last eligible endpoint stays
 * whatever it does. Who does not take connections is no outlier but down: that counts towards no share.
 */
import type { Random } from '../random.ts';
import type { EjectionSpec } from '../snapshot.ts';
import type { Evidence } from './evidence.ts';
import { jitter } from './schedule.ts';

/** Pools of fewer endpoints may lose half, others 30 %. */
const SMALL_POOL = 10;
const SMALL_POOL_PERCENT = 50;
const PERCENT = 30;
/** Service without an ejection for this long takes one off n. */
const FORGIVE_MS = 30_000;

/** How the detector sees its pool, always as it is now. Endpoints are named by their slot, which a reload keeps. */
export interface EjectionPool {
  /** Endpoints, draining ones left out. */
  readonly size: number;
  /** Endpoints that may be picked now. */
  readonly eligibleCount: number;
  isEligible(slot: number): boolean;
}

/** What an endpoint is to be ejected for. */
export interface Finding {
  /** The strictest kind among the failures. */
  readonly kind: Evidence;
  /** Its last failure was a refused or unreachable connect. */
  readonly isDown: boolean;
}

/** Why an endpoint is out. Times are in the clock's ms. */
export interface Ejection extends Finding {
  readonly slot: number;
  readonly at: number;
  readonly until: number;
  readonly durationMs: number;
  /** Ejections before this one, less what was forgiven: the n of its length. */
  readonly before: number;
}

/** By what an endpoint goes out and comes back. */
export interface OutageRules extends Pick<EjectionSpec, 'enabled' | 'baseMs' | 'maxMs' | 'maxSharePercent'> {
  /** Trial requests that have to be answered well. Default 1. */
  readonly trials?: number;
  /** The last eligible endpoint may go out as well. Default: it stays. */
  readonly takesLast?: boolean;
}

/** Trials in a row whose client left, or whose fault was ours, until that counts as a failure. */
const MOST_VOID = 3;

interface Out {
  readonly ejection: Ejection;
  isOnTrial: boolean;
  /** Without a verdict, in a row. */
  voids: number;
  /** Trial requests still to be answered well. */
  trialsLeft: number;
}

/** Why an endpoint was not ejected. */
export type KeptReason = 'off' | 'already-ejected' | 'not-eligible' | 'last-eligible' | 'share-reached';

export type EjectionVerdict =
  | { readonly isEjected: true; readonly ejection: Ejection }
  | { readonly isEjected: false; readonly reason: KeptReason };

/** What is remembered of an endpoint that has returned. */
interface Past {
  readonly times: number;
  readonly returnedAt: number;
}

export class OutlierDetector {
  readonly #rules: OutageRules;
  readonly #pool: EjectionPool;
  readonly #random: Random;
  /** n is counted no further than it matters, so that a long bad spell is forgiven as fast as a middling one. */
  readonly #most: number;
  readonly #ejections = new Map<number, Out>();
  readonly #past = new Map<number, Past>();

  constructor(rules: OutageRules, pool: EjectionPool, random: Random) {
    this.#rules = rules;
    this.#pool = pool;
    this.#random = random;
    this.#most = Math.max(0, Math.ceil(Math.log2(rules.maxMs / rules.baseMs)));
  }

  /** The endpoints that are out now. */
  get ejections(): readonly Ejection[] {
    return [...this.#ejections.values()].map(({ ejection }) => ejection);
  }

  /** When the next ejection is over; infinite while there is none. */
  get nextDueAt(): number {
    let next = Infinity;
    for (const { ejection, isOnTrial } of this.#ejections.values())
      if (!isOnTrial) next = Math.min(next, ejection.until);
    return next;
  }

  /**
   * An endpoint has reached its failures in a row, or is an outlier by another measure. The caller publishes an ejection
   * before it asks again, so that the pool is seen as it then is.
   */
  consider(slot: number, finding: Finding, now: number): EjectionVerdict {
    const reason = this.#reasonToKeep(slot, finding);
    if (reason !== null) return { isEjected: false, reason };
    return { isEjected: true, ejection: this.#eject(slot, finding, this.#timesLeft(slot, now), now) };
  }

  #eject(slot: number, finding: Finding, before: number, now: number): Ejection {
    const durationMs = jitter(Math.min(this.#rules.baseMs * 2 ** before, this.#rules.maxMs), this.#random);
    const { kind, isDown } = finding;
    const ejection = { kind, isDown, slot, at: now, until: now + durationMs, durationMs, before };
    this.#ejections.set(slot, { ejection, isOnTrial: false, voids: 0, trialsLeft: this.#rules.trials ?? 1 });
    return ejection;
  }

  /** Ejections whose time is up: from now on a trial decides, until the caller says that it has returned. */
  due(now: number): Ejection[] {
    const over = [...this.#ejections.values()].filter(({ ejection, isOnTrial }) => !isOnTrial && ejection.until <= now);
    for (const out of over) out.isOnTrial = true;
    return over.map(({ ejection }) => ejection);
  }

  /** It is to be tried before its time is up. False: it is not ejected, or on trial already. */
  tryNow(slot: number): boolean {
    const out = this.#ejections.get(slot);
    if (out === undefined || out.isOnTrial) return false;
    out.isOnTrial = true;
    return true;
  }

  /** What failed is over. Returns the ejection that this ends, null where there was none. */
  returned(slot: number, now: number): Ejection | null {
    const out = this.#ejections.get(slot);
    if (out === undefined) return null;
    this.#ejections.delete(slot);
    this.#past.set(slot, { times: this.#oneMore(out.ejection), returnedAt: now });
    return out.ejection;
  }

  /** How many trial requests of it are still to be answered well; 0: it is on no trial. */
  trialsLeft(slot: number): number {
    const out = this.#ejections.get(slot);
    return out?.isOnTrial === true ? out.trialsLeft : 0;
  }

  /** A trial request of it was answered well. Returns the ejection that this ends, null: it ends none. */
  trialPassed(slot: number, now: number): Ejection | null {
    const out = this.#ejections.get(slot);
    if (out?.isOnTrial !== true) return null;
    out.voids = 0;
    out.trialsLeft--;
    return out.trialsLeft > 0 ? null : this.returned(slot, now);
  }

  /** Its trial has failed. Null: it was on none. */
  trialFailed(slot: number, finding: Finding, now: number): Ejection | null {
    const out = this.#ejections.get(slot);
    if (out?.isOnTrial !== true) return null;
    return this.#eject(slot, finding, this.#oneMore(out.ejection), now);
  }

  /** Its trial has said nothing. Returns the ejection that follows the third of these, null: the next trial is due. */
  trialVoid(slot: number, now: number): Ejection | null {
    const out = this.#ejections.get(slot);
    if (out?.isOnTrial !== true || ++out.voids < MOST_VOID) return null;
    return this.trialFailed(slot, out.ejection, now);
  }

  /** The endpoint has left the pool. */
  forget(slot: number): void {
    this.#ejections.delete(slot);
    this.#past.delete(slot);
  }

  #reasonToKeep(slot: number, { isDown }: Finding): KeptReason | null {
    if (!this.#rules.enabled) return 'off';
    if (this.#ejections.has(slot)) return 'already-ejected';
    if (!this.#pool.isEligible(slot)) return 'not-eligible';
    if (this.#rules.takesLast !== true && this.#pool.eligibleCount <= 1) return 'last-eligible';
    return isDown || this.#hasRoom() ? null : 'share-reached';
  }

  #hasRoom(): boolean {
    const { size } = this.#pool;
    const { maxSharePercent } = this.#rules;
    const percent = maxSharePercent || (size < SMALL_POOL ? SMALL_POOL_PERCENT : PERCENT);
    const outliers = this.ejections.filter(({ isDown }) => !isDown).length;
    return (outliers + 1) * 100 <= size * percent;
  }

  /** Times ejected before, less one for each 30 s in service since. */
  #timesLeft(slot: number, now: number): number {
    const past = this.#past.get(slot);
    if (past === undefined) return 0;
    return Math.max(0, past.times - Math.floor((now - past.returnedAt) / FORGIVE_MS));
  }

  #oneMore({ before }: Ejection): number {
    return Math.min(before + 1, this.#most);
  }
}
