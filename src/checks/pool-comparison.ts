/**
 * What the endpoints of one pool met lately, looked at again and again; and whether one of them fails in a way that the
 * others do not, before it is put out for that.
 */
import { isOutlier } from '../core/health/outliers.ts';
import { RecentTraffic } from '../core/health/recent-traffic.ts';
import type { Traffic } from '../core/health/recent-traffic.ts';
import { COUNTER_ATTEMPTS, COUNTER_COMMON_FAILURES, COUNTER_FAILURES } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { CheckTools } from './endpoint-check.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import type { OutagePool } from './pool-outages.ts';
import type { Cancel } from './scheduler.ts';

/** A pool that fails as a whole is said to do so once, until it has not failed for so long. */
const FAILING_MS = 60_000;

export interface PoolComparisonOptions {
  readonly pool: OutagePool;
  readonly tools: Pick<CheckTools, 'clock' | 'scheduler'>;
  /** Attempts of the endpoint that are left out of account. */
  leftOut(table: PoolTable, slot: number): number;
  /** The pool fails as a whole. `reason`: for a person. */
  onFailing(endpoint: EndpointHealth, reason: string): void;
}

export class PoolComparison {
  readonly #options: PoolComparisonOptions;
  readonly #traffic: RecentTraffic;
  #failingAt = -Infinity;
  #cancelLook: Cancel | null = null;

  constructor(options: PoolComparisonOptions) {
    const { pool } = options;
    this.#options = options;
    this.#traffic = new RecentTraffic(
      (slot) => ({
        attempts: pool.table.total(slot, COUNTER_ATTEMPTS) - options.leftOut(pool.table, slot),
        failures: pool.table.total(slot, COUNTER_FAILURES),
        common: pool.table.total(slot, COUNTER_COMMON_FAILURES),
      }),
      () => [...pool.endpoints()].map(({ spec }) => spec.slot),
    );
  }

  /** Looks at all endpoints each `everyMs` from now on, until it is stopped; `onLook` runs after each look. */
  watch(everyMs: number, onLook: () => void): void {
    this.#cancelLook = this.#options.tools.scheduler.after(everyMs, () => {
      this.#traffic.look();
      onLook();
      this.watch(everyMs, onLook);
    });
  }

  stop(): void {
    this.#cancelLook?.();
  }

  /** What the endpoint has met lately. */
  of({ spec }: EndpointHealth): Traffic {
    return this.#traffic.of(spec.slot);
  }

  /** What the endpoint has met so far counts no more. */
  restart({ spec }: EndpointHealth): void {
    this.#traffic.restart(spec.slot);
  }

  /** It has left the pool, or its row. */
  forget({ spec }: EndpointHealth): void {
    this.#traffic.forget(spec.slot);
  }

  /** Whether it is worse than the others; where it is not, the pool fails. `words`: what has been found of it. */
  isOutlier(endpoint: EndpointHealth, words: string): boolean {
    const now = this.#options.tools.clock.now();
    const own = this.of(endpoint);
    const others = this.#traffic.ofOthers(endpoint.spec.slot, now);
    if (isOutlier(own, others)) return true;
    const isKnown = now - this.#failingAt < FAILING_MS;
    this.#failingAt = now;
    if (isKnown) return false;
    const shares = `${own.common} of ${own.attempts} attempts, ${others.common} of ${others.attempts} at the others`;
    this.#options.onFailing(endpoint, `${words}: ${shares}`);
    return false;
  }
}
