/**
 * After how long an attempt without an answer gets a second one beside it: a fixed time, or a percentile of what requests
 * of the route have taken lately. With too few requests to tell, there is no second attempt.
 */
import { HISTOGRAM_BUCKETS, quantile } from '../shared/histogram.ts';
import type { RouteTable } from '../shared/route-table.ts';
import type { HedgeSpec } from '../snapshot.ts';

/** A percentile of fewer says nothing. */
const LEAST_SAMPLES = 100;
/** It is worked out at most so often. */
const REFRESH_MS = 1000;
/** "Lately" is between one and two of these. */
const WINDOW_MS = 30_000;

export class HedgeDelay {
  readonly #spec: HedgeSpec;
  readonly #slot: number;
  #delayMs: number;
  #workedOutAt = -Infinity;
  /** What the histogram was at the beginning of this window, and of the one before. */
  #begin: Float64Array = new Float64Array(HISTOGRAM_BUCKETS);
  #before: Float64Array = this.#begin;
  #begunAt = -Infinity;

  constructor(spec: HedgeSpec, slot: number) {
    this.#spec = spec;
    this.#slot = slot;
    this.#delayMs = spec.delayMs;
  }

  /** In ms; 0: none. `routes` has the histogram of the route, over all threads. */
  at(now: number, routes: RouteTable): number {
    if (this.#spec.percentile > 0 && now - this.#workedOutAt >= REFRESH_MS) this.#workOut(now, routes);
    return this.#delayMs;
  }

  #workOut(now: number, routes: RouteTable): void {
    this.#workedOutAt = now;
    const all = routes.histogram(this.#slot);
    const lately = all.map((count, bucket) => Math.max(0, count - this.#before[bucket]));
    const samples = lately.reduce((sum, count) => sum + count, 0);
    this.#delayMs = samples < LEAST_SAMPLES ? 0 : quantile(lately, this.#spec.percentile / 100);
    if (now - this.#begunAt < WINDOW_MS) return;
    // Long without a request, the window before is as old as this one.
    this.#before = now - this.#begunAt < 2 * WINDOW_MS ? this.#begin : this.#before;
    this.#begin = all;
    this.#begunAt = now;
  }
}
