/**
 * Ejections of one pool: what traffic met becomes a verdict of the detector here, and the verdict a state of the
 * endpoint. Beside failures in a row it looks at what all endpoints met in the last ten seconds, so that nobody is put
 * out for what the whole pool does.
 */
import { clearFailures } from '../core/health/consecutive-failures.ts';
import type { RescueKind } from '../core/health/evidence.ts';
import { isTestedBy } from '../core/health/tested-by.ts';
import { OutlierDetector } from '../core/health/outlier-detector.ts';
import type { Ejection, EjectionPool, Finding } from '../core/health/outlier-detector.ts';
import { belowSuccessRate, isOutlier } from '../core/health/outliers.ts';
import { LOOK_MS, RecentTraffic } from '../core/health/recent-traffic.ts';
import type { ReadCounters } from '../core/health/recent-traffic.ts';
import { COUNTER_ATTEMPTS, COUNTER_COMMON_FAILURES, COUNTER_FAILURES } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { CheckSpec, PoolSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import type { EndpointHealth } from './endpoint-health.ts';
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
  #detector: OutlierDetector;
  #cancelReturn: Cancel | null = null;
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
    this.#detector = this.#createDetector();
    this.#look();
  }

  /** Other rules: nobody stays out by the old ones. */
  restart(): void {
    this.#cancelReturn?.();
    for (const endpoint of this.#pool.endpoints()) endpoint.ejection = null;
    this.#detector = this.#createDetector();
    this.#cancelLook?.();
    this.#look();
  }

  /** The counters begin anew. */
  moveToTable(): void {
    this.#traffic.restart();
  }

  /** It has left the pool, or its row. */
  forget(endpoint: EndpointHealth): void {
    const { slot } = endpoint.spec;
    endpoint.ejection = null;
    this.#detector.forget(slot);
    this.#traffic.forget(slot);
  }

  close(): void {
    this.#cancelReturn?.();
    this.#cancelLook?.();
  }

  // ——— verdicts

  /** Failures in a row have reached their number. `words`: the last of them. */
  failedInARow(endpoint: EndpointHealth, finding: Finding, words: string): void {
    const isCommon = finding.kind === 'status' || finding.kind === 'timeout';
    if (isCommon && !this.#isOutlier(endpoint, words)) return;
    const { failures } = this.#pool.spec.ejection;
    this.#consider(endpoint, finding, `${failures} failures in a row (${words})`);
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
    this.#awaitReturn();
  }

  #eject(endpoint: EndpointHealth, ejection: Ejection, words: string): void {
    const { clock } = this.#tools;
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
    if (!isTestedBy(check, ejection.kind, spec.port) || (ejection.isBlind && ejection.kind !== 'connect')) return;
    this.#detector.passed(spec.slot, this.#tools.clock.now());
    this.#returned(endpoint);
  }

  #awaitReturn(): void {
    this.#cancelReturn?.();
    const { clock, scheduler } = this.#tools;
    const { nextDueAt } = this.#detector;
    if (nextDueAt === Infinity) return;
    this.#cancelReturn = scheduler.after(Math.max(0, nextDueAt - clock.now()), () => this.#bringBack());
  }

  #bringBack(): void {
    const due = new Set(this.#detector.due(this.#tools.clock.now()).map(({ slot }) => slot));
    for (const endpoint of this.#pool.endpoints()) {
      if (!due.has(endpoint.spec.slot) || endpoint.ejection === null) continue;
      this.#returned(endpoint);
      this.#pool.publish(endpoint, 'its ejection is over');
    }
    this.#awaitReturn();
  }

  #returned(endpoint: EndpointHealth): void {
    endpoint.ejection = null;
    endpoint.isRefused = false;
    clearFailures(this.#pool.table, endpoint.spec.slot);
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
