/**
 * Endpoints of one pool that are out because of what traffic met, by one cause: from the verdict of the detector to their
 * return. A pool has two of these, for ejections and for circuit breakers; an endpoint is out by one of them at a time.
 */
import { evidenceOf, isDownBy } from '../core/health/evidence.ts';
import type { RescueKind, TrialResult } from '../core/health/evidence.ts';
import { OutlierDetector } from '../core/health/outlier-detector.ts';
import type { Ejection, EjectionPool, Finding, OutageRules } from '../core/health/outlier-detector.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { CheckSpec, PoolSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import { doesEnd } from './endpoint-health.ts';
import type { EndpointHealth, OutageCause } from './endpoint-health.ts';
import type { PoolTrials } from './pool-trials.ts';
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

/** What is seen of a pool here, and done to it. */
export interface OutagePool {
  readonly spec: PoolSpec;
  readonly table: PoolTable;
  /** Those that are not draining. */
  endpoints(): Iterable<EndpointHealth>;
  publish(endpoint: EndpointHealth, reason: string): void;
  /** What is under way there is to go elsewhere. */
  moveOff(endpoint: EndpointHealth, kind: RescueKind): void;
  /** What it failed of before counts no more: it is back. */
  forgetFailures(endpoint: EndpointHealth): void;
  onWithheld(event: WithheldEjection): void;
}

/** What its cause makes of an outage. */
export interface OutageTraits {
  readonly cause: OutageCause;
  /** A check that passes and tests what failed ends it; else it begins the trials at most. */
  readonly isEndedByChecks: boolean;
  /** For a person: what it is meanwhile, and what decides whether it is back. */
  readonly out: string;
  readonly trial: string;
  readonly answered: string;
}

export const EJECTIONS: OutageTraits = {
  cause: 'ejection',
  isEndedByChecks: true,
  out: 'out',
  trial: 'trial',
  answered: 'its trial request was answered',
};

export const BREAKERS: OutageTraits = {
  cause: 'breaker',
  isEndedByChecks: false,
  out: 'open',
  trial: 'probe',
  answered: 'its probes were answered',
};

/** `dryRun`: nobody goes out, it is only said who would. */
export type PoolOutageRules = OutageRules & { readonly dryRun?: boolean };

export class PoolOutages {
  readonly #traits: OutageTraits;
  readonly #pool: OutagePool;
  readonly #tools: CheckTools;
  readonly #trials: PoolTrials;
  readonly #rulesOf: (spec: PoolSpec) => PoolOutageRules;
  #detector: OutlierDetector;
  #cancelEnd: Cancel | null = null;

  constructor(
    traits: OutageTraits,
    pool: OutagePool,
    tools: CheckTools,
    trials: PoolTrials,
    rulesOf: (spec: PoolSpec) => PoolOutageRules,
  ) {
    this.#traits = traits;
    this.#pool = pool;
    this.#tools = tools;
    this.#trials = trials;
    this.#rulesOf = rulesOf;
    this.#detector = this.#createDetector();
  }

  /** Other rules: nobody stays out by the old ones. */
  restart(): void {
    this.#cancelEnd?.();
    for (const endpoint of this.#mine()) this.#lift(endpoint);
    this.#detector = this.#createDetector();
  }

  /** A worker that has yet to look at the new table cannot take a trial there: it is offered once more. */
  moveToTable(): void {
    for (const endpoint of this.#mine()) if (endpoint.isOnTrial) this.#offer(endpoint);
  }

  /** It has left the pool, or its row. */
  forget(endpoint: EndpointHealth): void {
    if (this.#isMine(endpoint)) this.#lift(endpoint);
    this.#detector.forget(endpoint.spec.slot);
  }

  close(): void {
    this.#cancelEnd?.();
  }

  /** Counts what failed against the endpoint. Returns whether that puts it out. */
  consider(endpoint: EndpointHealth, finding: Finding, reason: string, isMovedOff = true): boolean {
    const verdict = this.#detector.consider(endpoint.spec.slot, finding, this.#tools.clock.now());
    if (!verdict.isEjected) return false;
    const { ejection } = verdict;
    const words = this.#describe(reason, ejection);
    if (this.#rulesOf(this.#pool.spec).dryRun === true) this.withhold(endpoint, 'dry-run', words);
    else this.#putOut(endpoint, ejection, words, isMovedOff);
    this.#awaitEnd();
    return true;
  }

  withhold(endpoint: EndpointHealth, why: WithheldEjection['why'], reason: string): void {
    const { id } = this.#pool.spec;
    this.#pool.onWithheld({ pool: id, endpoint: endpoint.spec.id, why, reason });
  }

  #putOut(endpoint: EndpointHealth, ejection: Ejection, words: string, isMovedOff: boolean): void {
    const { clock } = this.#tools;
    const { cause } = this.#traits;
    this.#trials.withdraw(endpoint);
    endpoint.isEjectionOver = false;
    const isBlind = endpoint.hasPassedSince(endpoint.failingSince);
    endpoint.ejection = { ...ejection, cause, isBlind, untilWall: clock.wallTime() + ejection.durationMs };
    endpoint.suspect();
    this.#pool.publish(endpoint, words);
    const { kind } = ejection;
    if (isMovedOff && (kind === 'connect' || kind === 'timeout' || kind === 'silent')) {
      this.#pool.moveOff(endpoint, kind);
    }
  }

  // ——— the way back

  /** A check has passed that began at `beganAt`. */
  checkPassed(endpoint: EndpointHealth, check: CheckSpec, beganAt: number): void {
    const { ejection, spec } = endpoint;
    if (ejection === null || beganAt < ejection.at || !endpoint.isPassing) return;
    if (!doesEnd(check, ejection, spec.port)) return;
    if (this.#traits.isEndedByChecks) this.#return(endpoint);
    else if (ejection.isDown) this.tryNow(endpoint);
  }

  /** Its checks let it serve again or no longer, or are others; or it is wanted otherwise. */
  checksChanged(endpoint: EndpointHealth): void {
    const mayBeTried = endpoint.isReady && endpoint.isPassing;
    if (endpoint.isEjectionOver && (!endpoint.isOnTrial || !mayBeTried)) this.#offer(endpoint);
  }

  /** Ends the time of an outage that is not over yet. */
  tryNow(endpoint: EndpointHealth): void {
    if (!this.#detector.tryNow(endpoint.spec.slot)) return;
    this.#timeIsUp(endpoint);
    this.#awaitEnd();
  }

  /** The trial with this number has ended: with an answer, with a failure, or so that it says nothing. */
  trialEnded(endpoint: EndpointHealth, number: number, result: TrialResult): void {
    if (!this.#trials.has(endpoint, number)) return;
    if (result === 'passed') this.#trialPassed(endpoint, number);
    else this.#trialFailed(endpoint, number, result);
  }

  #trialPassed(endpoint: EndpointHealth, number: number): void {
    this.#trials.passed(endpoint, number);
    const ended = this.#detector.trialPassed(endpoint.spec.slot, this.#tools.clock.now());
    if (ended === null) return;
    this.#return(endpoint);
    this.#pool.publish(endpoint, this.#traits.answered);
  }

  #trialFailed(endpoint: EndpointHealth, number: number, result: Exclude<TrialResult, 'passed'>): void {
    const now = this.#tools.clock.now();
    const { slot } = endpoint.spec;
    const ejection =
      result === 'void'
        ? this.#detector.trialVoid(slot, now)
        : this.#detector.trialFailed(slot, { kind: evidenceOf(result), isDown: isDownBy(result) }, now);
    if (ejection === null) {
      this.#trials.renew(endpoint, number);
      return;
    }
    const { trial } = this.#traits;
    const why = result === 'void' ? `its ${trial}s came to no end` : `its ${trial} failed (${result})`;
    this.#putOut(endpoint, ejection, this.#describe(why, ejection), true);
    this.#awaitEnd();
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
    if (this.#rulesOf(this.#pool.spec).dryRun === true) for (const slot of due) this.#detector.returned(slot, now);
    this.#awaitEnd();
  }

  /** Requests decide; of an ejection also a check that tests what failed. */
  #timeIsUp(endpoint: EndpointHealth): void {
    if (!this.#isMine(endpoint)) return;
    endpoint.isEjectionOver = true;
    const count = this.#detector.trialsLeft(endpoint.spec.slot);
    const { trial } = this.#traits;
    const words =
      count === 1
        ? `the next request that can be repeated is its ${trial}`
        : `the next ${count} requests that can be repeated are its ${trial}s`;
    this.#offer(endpoint);
    this.#pool.publish(endpoint, `its time is over: ${words}`);
  }

  #offer(endpoint: EndpointHealth): void {
    const isLeftToChecks = this.#traits.isEndedByChecks && endpoint.isEjectionTested;
    if (!endpoint.isPassing || !endpoint.isReady || isLeftToChecks) {
      this.#trials.withdraw(endpoint);
      return;
    }
    const count = this.#detector.trialsLeft(endpoint.spec.slot);
    this.#trials.offer(endpoint, count, endpoint.ejection?.kind === 'reset');
  }

  #return(endpoint: EndpointHealth): void {
    this.#detector.returned(endpoint.spec.slot, this.#tools.clock.now());
    this.#lift(endpoint);
    endpoint.isRefused = false;
    this.#pool.forgetFailures(endpoint);
  }

  #lift(endpoint: EndpointHealth): void {
    this.#trials.withdraw(endpoint);
    endpoint.isEjectionOver = false;
    endpoint.ejection = null;
  }

  // ———

  #describe(reason: string, { durationMs }: Ejection): string {
    return `${reason}: ${this.#traits.out} for ${Math.round(durationMs / 1000)} s`;
  }

  #isMine({ ejection }: EndpointHealth): boolean {
    return ejection?.cause === this.#traits.cause;
  }

  #mine(): readonly EndpointHealth[] {
    return [...this.#pool.endpoints()].filter((endpoint) => this.#isMine(endpoint));
  }

  #createDetector(): OutlierDetector {
    const endpoints = (): readonly EndpointHealth[] => [...this.#pool.endpoints()];
    const isEligible = (slot: number): boolean => this.#pool.table.isEligible(slot);
    const pool: EjectionPool = {
      get size() {
        return endpoints().length;
      },
      get eligibleCount() {
        return endpoints().filter(({ spec }) => spec.weight > 0 && isEligible(spec.slot)).length;
      },
      isEligible,
    };
    return new OutlierDetector(this.#rulesOf(this.#pool.spec), pool, this.#tools.random);
  }
}
