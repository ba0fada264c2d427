/**
 * Consecutive-failure ejection: which endpoints of one pool are ejected because too many requests in a row have failed,
 * and for how long. Workers count the failures (`consecutive-failures.ts`) and report; the control plane owns the
 * detector, gives it the time and publishes what it decides.
 *
 * | state   | failures reported                          | time is up | a check passes | forgotten |
 * | ------- | ------------------------------------------ | ---------- | -------------- | --------- |
 * | in      | ejected, or kept with the reason           | in         | in             | gone      |
 * | ejected | ejected: kept, `already-ejected`           | in         | in             | gone      |
 *
 * Like Envoy's outlier detection: an ejection lasts `base` × the times ejected, at most `max`, and each 10 s that an
 * endpoint serves without being ejected takes one off that count. Unlike Envoy's, the share of a pool that may be out
 * is never exceeded (Envoy ejects one more), and the last eligible endpoint always stays.
 */
import type { Random } from '../random.ts';
import type { EjectionSpec } from '../snapshot.ts';
import { jitter } from './schedule.ts';

/** Of pools with fewer endpoints half may be ejected, of others 30 %. */
const SMALL_POOL = 10;
const SMALL_POOL_PERCENT = 50;
const PERCENT = 30;
/** Serving for this long without an ejection takes one off the number of ejections (Envoy's `interval`). */
const FORGIVE_MS = 10_000;

/** The current state of the pool. Endpoints are named by their slot, which a reload keeps. */
export interface EjectionPool {
  /** Endpoints, draining ones left out. */
  readonly size: number;
  /** Endpoints that may be picked now. */
  readonly eligibleCount: number;
  isEligible(slot: number): boolean;
}

/** Why an endpoint is out. Times are in the clock's ms. */
export interface Ejection {
  readonly slot: number;
  readonly at: number;
  readonly until: number;
  readonly durationMs: number;
  /** How often it has been ejected, this time included, less what was forgiven; at most `max` / `base`. */
  readonly times: number;
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
  readonly #ejections = new Map<number, Ejection>();
  readonly #past = new Map<number, Past>();

  constructor(spec: EjectionSpec, pool: EjectionPool, random: Random) {
    this.#spec = spec;
    this.#pool = pool;
    this.#random = random;
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
   * An endpoint has reached its failures in a row. The caller publishes an ejection before it asks again, so that
   * the pool is seen as it then is.
   */
  consider(slot: number, now: number): EjectionVerdict {
    const reason = this.#reasonToKeep(slot);
    if (reason !== null) return { isEjected: false, reason };
    // Not counted beyond `max` / `base`, so that a very long bad time is forgiven as fast as a long one.
    const most = Math.max(1, Math.ceil(this.#spec.maxMs / this.#spec.baseMs));
    const times = Math.min(this.#timesLeft(slot, now) + 1, most);
    const durationMs = jitter(Math.min(this.#spec.baseMs * times, this.#spec.maxMs), this.#random);
    const ejection = { slot, at: now, until: now + durationMs, durationMs, times };
    this.#ejections.set(slot, ejection);
    return { isEjected: true, ejection };
  }

  /** Ends the ejections whose time is up, and returns them. */
  due(now: number): Ejection[] {
    const ended = this.ejections.filter((ejection) => ejection.until <= now);
    for (const ejection of ended) this.#end(ejection, now);
    return ended;
  }

  /** An active check has passed, which ends an ejection. Returns the ejection it ended, null if there was none. */
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

  #reasonToKeep(slot: number): KeptReason | null {
    if (!this.#spec.enabled) return 'off';
    if (this.#ejections.has(slot)) return 'already-ejected';
    if (!this.#pool.isEligible(slot)) return 'not-eligible';
    if (this.#pool.eligibleCount <= 1) return 'last-eligible';
    const { size } = this.#pool;
    const percent = size < SMALL_POOL ? SMALL_POOL_PERCENT : PERCENT;
    return (this.#ejections.size + 1) * 100 > size * percent ? 'share-reached' : null;
  }

  /** Times ejected before, less one for each 10 s in service since. */
  #timesLeft(slot: number, now: number): number {
    const past = this.#past.get(slot);
    if (past === undefined) return 0;
    return Math.max(0, past.times - Math.floor((now - past.returnedAt) / FORGIVE_MS));
  }

  #end(ejection: Ejection, now: number): void {
    this.#ejections.delete(ejection.slot);
    this.#past.set(ejection.slot, { times: ejection.times, returnedAt: now });
  }
}
