/** What traffic says of the endpoints of one pool: ejections and circuit breakers, over one machine and one set of trials. */
import { isDeepStrictEqual } from 'node:util';
import { clearFailures } from '../core/health/consecutive-failures.ts';
import type { TrialResult } from '../core/health/evidence.ts';
import type { CheckSpec, PoolSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import { PoolBreakers } from './pool-breakers.ts';
import { PoolEjections } from './pool-ejections.ts';
import type { OutagePool, PoolOutages } from './pool-outages.ts';
import { PoolTrials } from './pool-trials.ts';

export class PoolTraffic {
  readonly ejections: PoolEjections;
  readonly breakers: PoolBreakers;
  readonly #pool: OutagePool;
  readonly #trials: PoolTrials;

  constructor(pool: OutagePool, tools: CheckTools) {
    this.#pool = pool;
    this.#trials = new PoolTrials(() => pool.table, tools.scheduler);
    this.ejections = new PoolEjections(pool, tools, this.#trials);
    this.breakers = new PoolBreakers(pool, tools, this.#trials);
  }

  /** The config says otherwise than `before`: nobody stays out by rules that are gone. */
  update(before: PoolSpec, spec: PoolSpec): void {
    const { ejection, breaker } = before;
    const isSame = isDeepStrictEqual(ejection.statuses, spec.ejection.statuses);
    if (!isDeepStrictEqual(ejection, spec.ejection)) this.ejections.restart();
    if (!isSame || !isDeepStrictEqual(breaker, spec.breaker)) this.breakers.restart();
  }

  moveToTable(): void {
    for (const outages of this.#outages()) outages.moveToTable();
  }

  /** It has left the pool, or its row. */
  forget(endpoint: EndpointHealth): void {
    this.ejections.forget(endpoint);
    this.breakers.forget(endpoint);
  }

  /** It is back: what it failed of before counts no more, whatever had put it out. */
  forgetFailures(endpoint: EndpointHealth): void {
    const { table } = this.#pool;
    clearFailures(table.failures, endpoint.spec.slot);
    clearFailures(table.breakerFailures, endpoint.spec.slot);
    this.breakers.forgetFailures(endpoint);
  }

  checkPassed(endpoint: EndpointHealth, check: CheckSpec, beganAt: number): void {
    this.#outageOf(endpoint)?.checkPassed(endpoint, check, beganAt);
  }

  checksChanged(endpoint: EndpointHealth): void {
    this.#outageOf(endpoint)?.checksChanged(endpoint);
  }

  tryNow(endpoint: EndpointHealth): void {
    this.#outageOf(endpoint)?.tryNow(endpoint);
  }

  trialEnded(endpoint: EndpointHealth, number: number, result: TrialResult): void {
    this.#outageOf(endpoint)?.trialEnded(endpoint, number, result);
  }

  workerGone(worker: number): void {
    this.#trials.workerGone(worker);
    this.breakers.workerGone();
  }

  close(): void {
    this.ejections.close();
    this.breakers.close();
    this.#trials.close();
  }

  #outages(): readonly PoolOutages[] {
    return [this.ejections.outages, this.breakers.outages];
  }

  /** The outages by which an endpoint is out; null: it is not. */
  #outageOf({ ejection }: EndpointHealth): PoolOutages | null {
    if (ejection === null) return null;
    return ejection.cause === 'breaker' ? this.breakers.outages : this.ejections.outages;
  }
}
