/** Rates of the last seconds, from counters that only rise. */
import type { BalancerStats } from '../src/runtime/control/balancer-stats.ts';

/** How often the counters are read. */
export const SAMPLE_MS = 500;
const SAMPLES_PER_SECOND = 1000 / SAMPLE_MS;
const HISTORY_SECONDS = 60;
/** Over how long a rate and a share are taken: long enough not to flicker, short enough to see what a key did. */
const RATE_SAMPLES = 2 * SAMPLES_PER_SECOND;
const MOST_SAMPLES = HISTORY_SECONDS * SAMPLES_PER_SECOND + 1;

interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly failures: number;
  /** Attempts by endpoint. */
  readonly attempts: ReadonlyMap<string, number>;
}

export class StatsHistory {
  /** Oldest first. */
  #samples: readonly Sample[] = [];

  add(atMs: number, stats: BalancerStats): void {
    this.#samples = [...this.#samples, takeSample(atMs, stats)].slice(-MOST_SAMPLES);
  }

  /** Since the start. */
  get requests(): number {
    return this.#samples.at(-1)?.requests ?? 0;
  }

  get requestsPerSecond(): number {
    return this.#rate(({ requests }) => requests);
  }

  get failuresPerSecond(): number {
    return this.#rate(({ failures }) => failures);
  }

  attemptsPerSecond(endpoint: string): number {
    return this.#rate(({ attempts }) => attempts.get(endpoint) ?? 0);
  }

  /** Attempts in each of the last 60 seconds, oldest first; null before the start. */
  history(endpoint: string): (number | null)[] {
    return Array.from({ length: HISTORY_SECONDS }, (_, i) => {
      const end = this.#samples.length - 1 - (HISTORY_SECONDS - 1 - i) * SAMPLES_PER_SECOND;
      const begin = end - SAMPLES_PER_SECOND;
      if (begin < 0) return null;
      return rateBetween(this.#samples[begin], this.#samples[end], ({ attempts }) => attempts.get(endpoint) ?? 0);
    });
  }

  #rate(read: (sample: Sample) => number): number {
    const last = this.#samples.length - 1;
    if (last < 1) return 0;
    return rateBetween(this.#samples[Math.max(0, last - RATE_SAMPLES)], this.#samples[last], read);
  }
}

function takeSample(atMs: number, { routes, unrouted, pools }: BalancerStats): Sample {
  const all = [...routes, unrouted];
  return {
    atMs,
    requests: all.reduce((sum, route) => sum + route.requests, 0),
    failures: all.reduce((sum, route) => sum + route.statuses[4], 0),
    attempts: new Map(pools.flatMap(({ endpoints }) => endpoints.map((each) => [each.endpoint, each.attempts]))),
  };
}

function rateBetween(from: Sample, to: Sample, read: (sample: Sample) => number): number {
  const seconds = (to.atMs - from.atMs) / 1000;
  return seconds <= 0 ? 0 : (read(to) - read(from)) / seconds;
}
