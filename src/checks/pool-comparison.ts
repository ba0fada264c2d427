/** Whether one endpoint of a pool fails in a way that the others do not, before it is put out for that. */
import type { RecentTraffic } from '../core/health/recent-traffic.ts';
import { isOutlier } from '../core/health/outliers.ts';
import type { Clock } from '../core/clock.ts';
import type { EndpointHealth } from './endpoint-health.ts';

/** A pool that fails as a whole is said to do so once, until it has not failed for so long. */
const FAILING_MS = 60_000;

export class PoolComparison {
  readonly #clock: Clock;
  readonly #traffic: RecentTraffic;
  readonly #onFailing: (endpoint: EndpointHealth, reason: string) => void;
  #failingAt = -Infinity;

  constructor(clock: Clock, traffic: RecentTraffic, onFailing: (endpoint: EndpointHealth, reason: string) => void) {
    this.#clock = clock;
    this.#traffic = traffic;
    this.#onFailing = onFailing;
  }

  /** Whether it is worse than the others; where it is not, the pool fails. `words`: what has been found of it. */
  isOutlier(endpoint: EndpointHealth, words: string): boolean {
    const now = this.#clock.now();
    const own = this.#traffic.of(endpoint.spec.slot);
    const others = this.#traffic.ofOthers(endpoint.spec.slot, now);
    if (isOutlier(own, others)) return true;
    const isKnown = now - this.#failingAt < FAILING_MS;
    this.#failingAt = now;
    if (isKnown) return false;
    const shares = `${own.common} of ${own.attempts} attempts, ${others.common} of ${others.attempts} at the others`;
    this.#onFailing(endpoint, `${words}: ${shares}`);
    return false;
  }
}
