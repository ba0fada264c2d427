/**
 * Circuit breakers of one pool, one for each endpoint: opened by failures in a row, which workers count, or by the share
 * of failures among the requests within `window`, which is summed up here over all threads. What follows is the machine
 * of ejections (`core/health/outlier-detector.ts`) with other rules.
 *
 * A worker tells of a failure once and then no more until it has been judged, so that an endpoint that fails costs
 * messages by the turns of this thread and not by its requests.
 */
import { isCommonEvidence } from '../core/health/evidence.ts';
import type { Evidence } from '../core/health/evidence.ts';
import type { OutageRules } from '../core/health/outlier-detector.ts';
import { LOOKS_BACK } from '../core/health/recent-traffic.ts';
import type { BreakerSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import { PoolComparison } from './pool-comparison.ts';
import { BREAKERS, PoolOutages } from './pool-outages.ts';
import type { OutagePool } from './pool-outages.ts';
import type { PoolTrials } from './pool-trials.ts';

const NO_BREAKER: OutageRules = { enabled: false, baseMs: 1, maxMs: 1, maxSharePercent: 100 };

/** No share of the pool is spared: what a breaker goes by is the endpoint itself. */
function rulesOf(breaker: BreakerSpec | null): OutageRules {
  if (breaker === null) return NO_BREAKER;
  const { baseMs, maxMs, probes, failFast } = breaker;
  return { enabled: true, baseMs, maxMs, maxSharePercent: 100, trials: probes, takesLast: failFast };
}

export class PoolBreakers {
  readonly #pool: OutagePool;
  readonly #comparison: PoolComparison;
  readonly outages: PoolOutages;

  constructor(pool: OutagePool, tools: CheckTools, trials: PoolTrials) {
    this.#pool = pool;
    this.outages = new PoolOutages(BREAKERS, pool, tools, trials, ({ breaker }) => rulesOf(breaker));
    this.#comparison = new PoolComparison({
      pool,
      tools,
      // Those under way have not succeeded yet.
      leftOut: (table, slot) => table.inFlight(slot),
      onFailing: (endpoint, reason) => this.outages.withhold(endpoint, 'pool-failing', reason),
    });
    this.#look();
  }

  /** Other rules: nobody stays out by the old ones. */
  restart(): void {
    this.outages.restart();
    this.#comparison.stop();
    for (const endpoint of this.#pool.endpoints()) this.forgetFailures(endpoint);
    this.#look();
  }

  /** It has left the pool, or its row. */
  forget(endpoint: EndpointHealth): void {
    this.outages.forget(endpoint);
    this.#comparison.forget(endpoint);
  }

  /** What it met before counts no more. */
  forgetFailures(endpoint: EndpointHealth): void {
    if (this.#pool.spec.breaker !== null) this.#comparison.restart(endpoint);
  }

  close(): void {
    this.outages.close();
    this.#comparison.stop();
  }

  /** Something has failed. `inARow`: the strictest of the failures in a row, where they have reached their number. */
  failed(endpoint: EndpointHealth, inARow: Evidence | null, isDown: boolean): void {
    const { breaker } = this.#pool.spec;
    const { table } = this.#pool;
    const { slot } = endpoint.spec;
    // First: whatever fails from now on is told of again.
    Atomics.store(table.breakerDue, slot, 0);
    if (breaker === null || !table.isEligible(slot)) return;
    if (inARow === null) this.#judge(endpoint, breaker, isDown);
    else if (!this.#open(endpoint, inARow, isDown, `${breaker.inARow} failures in a row (${endpoint.lastFailure})`))
      this.#judge(endpoint, breaker, isDown);
  }

  /** A worker that is gone may have had something to tell. */
  workerGone(): void {
    for (const { spec } of this.#pool.endpoints()) Atomics.store(this.#pool.table.breakerDue, spec.slot, 0);
  }

  #judge(endpoint: EndpointHealth, breaker: BreakerSpec, isDown: boolean): void {
    const { attempts, failures } = this.#comparison.of(endpoint);
    const requests = Math.max(attempts, failures);
    if (failures === 0 || requests < breaker.requests || failures * 100 < requests * breaker.failuresPercent) return;
    const words = `${failures} of ${requests} requests failed within ${breaker.windowMs / 1000} s`;
    this.#open(endpoint, endpoint.lastEvidence ?? 'status', isDown, words, false);
  }

  /**
   * Opens the breaker. By statuses and timeouts it opens only where the others do not fail alike, unless it fails fast.
   * Where only a share of the requests fails, those under way stay (`isMovedOff`). Returns whether it has opened.
   */
  #open(endpoint: EndpointHealth, kind: Evidence, isDown: boolean, words: string, isMovedOff = true): boolean {
    const mayFail = isCommonEvidence(kind) && this.#pool.spec.breaker?.failFast !== true;
    if (mayFail && !this.#comparison.isOutlier(endpoint, words)) return false;
    return this.outages.consider(endpoint, { kind, isDown }, words, isMovedOff);
  }

  /** Looks again and again: requests that succeed may make enough of them for a share to count. */
  #look(): void {
    const { breaker } = this.#pool.spec;
    if (breaker === null) return;
    this.#comparison.watch(breaker.windowMs / LOOKS_BACK, () => {
      for (const endpoint of this.#pool.endpoints()) {
        if (this.#pool.table.isEligible(endpoint.spec.slot)) this.#judge(endpoint, breaker, endpoint.isRefused);
      }
    });
  }
}
