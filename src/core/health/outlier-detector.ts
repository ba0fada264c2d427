/**
 * Ejection: which endpoints of one pool are out because of what traffic met, and for how long. Workers count the
 * failures (`consecutive-failures.ts`) and report; the control plane owns the detector, gives it the time and publishes
 * what it decides.
 *
 * | state   | failures reported                          | time is up | a check passes | forgotten |
 * | ------- | ------------------------------------------ | ---------- | -------------- | --------- |
 * | in      | ejected, or kept with the reason           | in         | in             | gone      |
 * | ejected | ejected: kept, `already-ejected`           | in         | in             | gone      |
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
  readonly #spec: EjectionSpec;
  readonly #pool: EjectionPool;
  readonly #random: Random;
  /** n is counted no further than it matters, so that a long bad spell is forgiven as fast as a middling one. */
  readonly #most: number;
  readonly #ejections = new Map<number, Ejection>();
  readonly #past = new Map<number, Past>();

  constructor(spec: EjectionSpec, pool: EjectionPool, random: Random) {
    this.#spec = spec;
    this.#pool = pool;
    this.#random = random;
    this.#most = Math.max(0, Math.ceil(Math.log2(spec.maxMs / spec.baseMs)));
  }

  /** The endpoints that are out now. */
  get ejections(): readonly Ejection[] {
    return [...this.#ejections.values()];
  }

  /** When the next endpoint is due to return; infinite while none is out. */
  get nextDueAt(): number {
    let next = Infinity;
    for (const { until } of this.#ejections.values()) next = Math.min(next, until);
    return next;
  }

  /**
   * An endpoint has reached its failures in a row, or is an outlier by another measure. The caller publishes an ejection
   * before it asks again, so that the pool is seen as it then is.
   */
  consider(slot: number, finding: Finding, now: number): EjectionVerdict {
    const reason = this.#reasonToKeep(slot, finding);
    if (reason !== null) return { isEjected: false, reason };
    const before = this.#timesLeft(slot, now);
    const durationMs = jitter(Math.min(this.#spec.baseMs * 2 ** before, this.#spec.maxMs), this.#random);
    const ejection = { ...finding, slot, at: now, until: now + durationMs, durationMs, before };
    this.#ejections.set(slot, ejection);
    return { isEjected: true, ejection };
  }

  /** Ends the ejections whose time is up, and returns which they were. */
  due(now: number): Ejection[] {
    const ended = this.ejections.filter((ejection) => ejection.until <= now);
    for (const ejection of ended) this.#end(ejection, now);
    return ended;
  }

  /** An active check has passed, which ends an ejection: returns the one it ended, null where there was none. */
  passed(slot: number, now: number): Ejection | null {
    const ejection = this.#ejections.get(slot);
    if (ejection === undefined) return null;
    this.#end(ejection, now);
    return ejection;
  }

  /** The endpoint has left the pool. */
  forget(slot: number): void {
    this.#ejections.delete(slot);
    this.#past.delete(slot);
  }

  #reasonToKeep(slot: number, { isDown }: Finding): KeptReason | null {
    if (!this.#spec.enabled) return 'off';
    if (this.#ejections.has(slot)) return 'already-ejected';
    if (!this.#pool.isEligible(slot)) return 'not-eligible';
    if (this.#pool.eligibleCount <= 1) return 'last-eligible';
    return isDown || this.#hasRoom() ? null : 'share-reached';
  }

  #hasRoom(): boolean {
    const { size } = this.#pool;
    const { maxSharePercent } = this.#spec;
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

  #end({ slot, before }: Ejection, now: number): void {
    this.#ejections.delete(slot);
    this.#past.set(slot, { times: Math.min(before + 1, this.#most), returnedAt: now });
  }
}
