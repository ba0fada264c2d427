/**
 * Ejections of one pool: what traffic met becomes a finding here. Beside failures in a row it looks at what all endpoints
 * met in the last ten seconds, so that nobody is put out for what the whole pool does.
 */
import { isCommonEvidence } from '../core/health/evidence.ts';
import type { Finding } from '../core/health/outlier-detector.ts';
import { belowSuccessRate } from '../core/health/outliers.ts';
import { LOOK_MS } from '../core/health/recent-traffic.ts';
import type { CheckTools } from './endpoint-check.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import { PoolComparison } from './pool-comparison.ts';
import { EJECTIONS, PoolOutages } from './pool-outages.ts';
import type { OutagePool } from './pool-outages.ts';
import type { PoolTrials } from './pool-trials.ts';

/** Looks between two judgements of success rates: as long as what they judge by. */
const RATE_LOOKS = 10;

export class PoolEjections {
  readonly #pool: OutagePool;
  readonly #tools: CheckTools;
  readonly #comparison: PoolComparison;
  readonly outages: PoolOutages;
  #looks = 0;

  constructor(pool: OutagePool, tools: CheckTools, trials: PoolTrials) {
    this.#pool = pool;
    this.#tools = tools;
    this.outages = new PoolOutages(EJECTIONS, pool, tools, trials, ({ ejection }) => ejection);
    this.#comparison = new PoolComparison({
      pool,
      tools,
      leftOut: () => 0,
      onFailing: (endpoint, reason) => this.outages.withhold(endpoint, 'pool-failing', reason),
    });
    this.#look();
  }

  /** Other rules: nobody stays out by the old ones. */
  restart(): void {
    this.outages.restart();
    this.#comparison.stop();
    this.#look();
  }

  /** It has left the pool, or its row. */
  forget(endpoint: EndpointHealth): void {
    this.outages.forget(endpoint);
    this.#comparison.forget(endpoint);
  }

  close(): void {
    this.outages.close();
    this.#comparison.stop();
  }

  /** Failures in a row have reached their number. `words`: the last of them. */
  failedInARow(endpoint: EndpointHealth, finding: Finding, words: string): void {
    if (isCommonEvidence(finding.kind) && !this.#comparison.isOutlier(endpoint, `failures in a row (${words})`)) return;
    const { failures } = this.#pool.spec.ejection;
    this.outages.consider(endpoint, finding, `${failures} failures in a row (${words})`);
  }

  silent(endpoint: EndpointHealth, overdue: number, oldestMs: number): void {
    if (!this.#pool.table.isEligible(endpoint.spec.slot)) return;
    endpoint.failingSince = this.#tools.clock.now() - oldestMs;
    endpoint.lastFailure = 'silent';
    endpoint.lastEvidence = 'silent';
    const reason = `silent for ${(oldestMs / 1000).toFixed(1)} s with ${overdue} requests while others answer`;
    this.outages.consider(endpoint, { kind: 'silent', isDown: false }, reason);
  }

  #look(): void {
    if (!this.#pool.spec.ejection.enabled) return;
    this.#comparison.watch(LOOK_MS, () => {
      if (++this.#looks % RATE_LOOKS === 0 && this.#pool.spec.ejection.successRate) this.#judgeRates();
    });
  }

  #judgeRates(): void {
    const measured = [...this.#pool.endpoints()].map((endpoint) => ({
      endpoint,
      ...this.#comparison.of(endpoint),
    }));
    for (const { endpoint, attempts, failures } of belowSuccessRate(measured)) {
      const reason = `${failures} of ${attempts} attempts failed within 10 s, far more than elsewhere`;
      this.outages.consider(endpoint, { kind: endpoint.lastEvidence ?? 'status', isDown: false }, reason);
    }
  }
}
