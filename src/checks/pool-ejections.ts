/**
 * Ejections of one pool: what traffic met becomes a verdict of the detector here, and the verdict a state of the
 * endpoint. Beside failures in a row it looks at what all endpoints met in the last ten seconds, so that nobody is put
 * out for what the whole pool does.
 */
import { clearFailures } from '../core/health/consecutive-failures.ts';
import { evidenceOf } from '../core/health/evidence.ts';
import type { RescueKind, TrialResult } from '../core/health/evidence.ts';
import { OutlierDetector } from '../core/health/outlier-detector.ts';
import type { Ejection, EjectionPool, Finding } from '../core/health/outlier-detector.ts';
import { belowSuccessRate, isOutlier } from '../core/health/outliers.ts';
import { LOOK_MS, RecentTraffic } from '../core/health/recent-traffic.ts';
import type { ReadCounters } from '../core/health/recent-traffic.ts';
import { COUNTER_ATTEMPTS, COUNTER_COMMON_FAILURES, COUNTER_FAILURES } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { CheckSpec, PoolSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import { doesEnd } from './endpoint-health.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import { PoolTrials } from './pool-trials.ts';
import type { Cancel } from './scheduler.ts';

/** Somebody was not ejected though failures said so. */
export interface WithheldEjection {
  readonly pool: string;
  readonly endpoint: string;
  /** `pool-failing`: the others fail alike; said once until a minute has passed without. `dry-run`: the config says so. */
  readonly why: 'pool-failing' | 'dry-run';
  /** For a person. */
  readonly reason: string;
}

/** What it sees of its pool, and does to it. */
export interface EjectingPool {
  readonly spec: PoolSpec;
  readonly table: PoolTable;
  /** Those that are not draining. */
  endpoints(): Iterable<EndpointHealth>;
  publish(endpoint: EndpointHealth, reason: string): void;
  /** What is under way there is to go elsewhere. */
  moveOff(endpoint: EndpointHealth, kind: RescueKind): void;
  onWithheld(event: WithheldEjection): void;
}

/** Looks between two judgements of success rates: as long as what they judge by. */
const RATE_LOOKS = 10;
const FAILING_MS = 60_000;

export class PoolEjections {
  readonly #pool: EjectingPool;
  readonly #tools: CheckTools;
  readonly #traffic: RecentTraffic;
  readonly #trials: PoolTrials;
  #detector: OutlierDetector;
  #cancelEnd: Cancel | null = null;
  #cancelLook: Cancel | null = null;
  #looks = 0;
  #failingAt = -Infinity;

  constructor(pool: EjectingPool, tools: CheckTools) {
    this.#pool = pool;
    this.#tools = tools;
    const read: ReadCounters = (slot) => ({
      attempts: pool.table.total(slot, COUNTER_ATTEMPTS),
      failures: pool.table.total(slot, COUNTER_FAILURES),
      common: pool.table.total(slot, COUNTER_COMMON_FAILURES),
    });
    this.#traffic = new RecentTraffic(read, () => [...pool.endpoints()].map(({ spec }) => spec.slot));
    this.#trials = new PoolTrials(() => pool.table, tools.scheduler);
    this.#detector = this.#createDetector();
    this.#look();
  }

  /** Other rules: nobody stays out by the old ones. */
  restart(): void {
    this.#cancelEnd?.();
    for (const endpoint of this.#pool.endpoints()) this.#lift(endpoint);
    this.#detector = this.#createDetector();
    this.#cancelLook?.();
    this.#look();
  }

  /** A worker that has yet to look at the new table cannot take a trial there: it is offered once more. */
  moveToTable(): void {
    for (const endpoint of this.#pool.endpoints()) if (endpoint.trial !== 0) this.#offer(endpoint);
  }

  /** It has left the pool, or its row. */
  forget(endpoint: EndpointHealth): void {
    const { slot } = endpoint.spec;
    this.#lift(endpoint);
    this.#detector.forget(slot);
    this.#traffic.forget(slot);
  }

  close(): void {
    this.#cancelEnd?.();
    this.#cancelLook?.();
    this.#trials.close();
  }

  // ——— verdicts

  /** Failures in a row have reached their number. `words`: the last of them. */
  failedInARow(endpoint: EndpointHealth, finding: Finding, words: string): void {
    const isCommon = finding.kind === 'status' || finding.kind === 'timeout';
    if (isCommon && !this.#isOutlier(endpoint, words)) return;
    const { failures } = this.#pool.spec.ejection;
    this.#consider(endpoint, finding, `${failures} failures in a row (${words})`);
  }

  silent(endpoint: EndpointHealth, overdue: number, oldestMs: number): void {
    if (!this.#pool.table.isEligible(endpoint.spec.slot)) return;
    endpoint.failingSince = this.#tools.clock.now() - oldestMs;
    endpoint.lastFailure = 'silent';
    endpoint.lastEvidence = 'silent';
    const reason = `silent for ${(oldestMs / 1000).toFixed(1)} s with ${overdue} requests while others answer`;
    this.#consider(endpoint, { kind: 'silent', isDown: false }, reason);
  }

  #isOutlier(endpoint: EndpointHealth, words: string): boolean {
    const now = this.#tools.clock.now();
    const own = this.#traffic.of(endpoint.spec.slot);
    const others = this.#traffic.ofOthers(endpoint.spec.slot, now);
    if (isOutlier(own, others)) return true;
    const isKnown = now - this.#failingAt < FAILING_MS;
    this.#failingAt = now;
    if (isKnown) return false;
    const reason = `failures in a row (${words}): ${own.common} of ${own.attempts} attempts, ${others.common} of ${others.attempts} at the others`;
    this.#withhold(endpoint, 'pool-failing', reason);
    return false;
  }

  #consider(endpoint: EndpointHealth, finding: Finding, reason: string): void {
    const verdict = this.#detector.consider(endpoint.spec.slot, finding, this.#tools.clock.now());
    if (!verdict.isEjected) return;
    const { ejection } = verdict;
    const words = `${reason}: out for ${Math.round(ejection.durationMs / 1000)} s`;
    if (this.#pool.spec.ejection.dryRun) this.#withhold(endpoint, 'dry-run', words);
    else this.#eject(endpoint, ejection, words);
    this.#awaitEnd();
  }

  #eject(endpoint: EndpointHealth, ejection: Ejection, words: string): void {
    const { clock } = this.#tools;
    this.#trials.withdraw(endpoint);
    endpoint.isEjectionOver = false;
    const isBlind = endpoint.hasPassedSince(endpoint.failingSince);
    endpoint.ejection = { ...ejection, isBlind, untilWall: clock.wallTime() + ejection.durationMs };
    endpoint.suspect();
    this.#pool.publish(endpoint, words);
    const { kind } = ejection;
    if (kind === 'connect' || kind === 'timeout' || kind === 'silent') this.#pool.moveOff(endpoint, kind);
  }

  #withhold(endpoint: EndpointHealth, why: WithheldEjection['why'], reason: string): void {
    const { id } = this.#pool.spec;
    this.#pool.onWithheld({ pool: id, endpoint: endpoint.spec.id, why, reason });
  }

  // ——— the end of an ejection

  /** A check has passed that began at `beganAt`. */
  checkPassed(endpoint: EndpointHealth, check: CheckSpec, beganAt: number): void {
    const { ejection, spec } = endpoint;
    if (ejection === null || beganAt < ejection.at || !endpoint.isPassing) return;
    if (doesEnd(check, ejection, spec.port)) this.#return(endpoint);
  }

  /** Its checks let it serve again, or are others; or it is wanted otherwise. */
  checksChanged(endpoint: EndpointHealth): void {
    if (endpoint.isEjectionOver && (endpoint.trial === 0 || !endpoint.isReady)) this.#offer(endpoint);
  }

  /** Where the time of its ejection is not over, it is from now on. */
  tryNow(endpoint: EndpointHealth): void {
    if (!this.#detector.tryNow(endpoint.spec.slot)) return;
    this.#timeIsUp(endpoint);
    this.#awaitEnd();
  }

  /** The trial with this number has ended: with an answer, with a failure, or so that it says nothing. */
  trialEnded(endpoint: EndpointHealth, number: number, result: TrialResult): void {
    if (endpoint.trial !== number || endpoint.ejection === null) return;
    const now = this.#tools.clock.now();
    const { slot } = endpoint.spec;
    if (result === 'passed') {
      this.#return(endpoint);
      this.#pool.publish(endpoint, 'its trial request was answered');
      return;
    }
    const isDown = result === 'refused' || result === 'unreachable';
    const ejection =
      result === 'void'
        ? this.#detector.trialVoid(slot, now)
        : this.#detector.trialFailed(slot, { kind: evidenceOf(result), isDown }, now);
    if (ejection === null) {
      this.#offer(endpoint);
      return;
    }
    const why = result === 'void' ? 'its trials came to no end' : `its trial failed (${result})`;
    this.#eject(endpoint, ejection, `${why}: out for ${Math.round(ejection.durationMs / 1000)} s`);
    this.#awaitEnd();
  }

  /** What the worker was trying is to be tried by another one. */
  workerGone(worker: number): void {
    for (const endpoint of this.#pool.endpoints()) {
      if (this.#trials.isHeldBy(endpoint, worker)) this.#offer(endpoint);
    }
  }

  #awaitEnd(): void {
    this.#cancelEnd?.();
    const { clock, scheduler } = this.#tools;
    const { nextDueAt } = this.#detector;
    if (nextDueAt === Infinity) return;
    this.#cancelEnd = scheduler.after(Math.max(0, nextDueAt - clock.now()), () => this.#endDue());
  }

  #endDue(): void {
    const now = this.#tools.clock.now();
    const due = new Set(this.#detector.due(now).map(({ slot }) => slot));
    for (const endpoint of this.#pool.endpoints()) if (due.has(endpoint.spec.slot)) this.#timeIsUp(endpoint);
    // One that was never put out needs no trial to come back.
    if (this.#pool.spec.ejection.dryRun) for (const slot of due) this.#detector.returned(slot, now);
    this.#awaitEnd();
  }

  /** A check that tests what failed brings it back when it passes; else a trial decides. */
  #timeIsUp(endpoint: EndpointHealth): void {
    if (endpoint.ejection === null) return;
    endpoint.isEjectionOver = true;
    this.#offer(endpoint);
    this.#pool.publish(endpoint, 'its time is over: the next request that can be repeated is its trial');
  }

  #offer(endpoint: EndpointHealth): void {
    if (!endpoint.isPassing || !endpoint.isReady || endpoint.isEjectionTested) this.#trials.withdraw(endpoint);
    else this.#trials.offer(endpoint, endpoint.ejection?.kind === 'reset');
  }

  #return(endpoint: EndpointHealth): void {
    this.#detector.returned(endpoint.spec.slot, this.#tools.clock.now());
    this.#lift(endpoint);
    endpoint.isRefused = false;
    clearFailures(this.#pool.table, endpoint.spec.slot);
  }

  #lift(endpoint: EndpointHealth): void {
    this.#trials.withdraw(endpoint);
    endpoint.isEjectionOver = false;
    endpoint.ejection = null;
  }

  // ——— what all of them met

  #look(): void {
    if (!this.#pool.spec.ejection.enabled) return;
    this.#cancelLook = this.#tools.scheduler.after(LOOK_MS, () => {
      this.#traffic.look();
      if (++this.#looks % RATE_LOOKS === 0 && this.#pool.spec.ejection.successRate) this.#judgeRates();
      this.#look();
    });
  }

  #judgeRates(): void {
    const measured = [...this.#pool.endpoints()].map((endpoint) => ({
      endpoint,
      ...this.#traffic.of(endpoint.spec.slot),
    }));
    for (const { endpoint, attempts, failures } of belowSuccessRate(measured)) {
      const reason = `${failures} of ${attempts} attempts failed within 10 s, far more than elsewhere`;
      this.#consider(endpoint, { kind: endpoint.lastEvidence ?? 'status', isDown: false }, reason);
    }
  }

  #createDetector(): OutlierDetector {
    const endpoints = (): readonly EndpointHealth[] => [...this.#pool.endpoints()];
    const isEligible = (slot: number): boolean => this.#pool.table.isEligible(slot);
    const pool: EjectionPool = {
      get size() {
        return endpoints().length;
      },
      get eligibleCount() {
        return endpoints().filter(({ spec }) => isEligible(spec.slot)).length;
      },
      isEligible,
    };
    return new OutlierDetector(this.#pool.spec.ejection, pool, this.#tools.random);
  }
}
