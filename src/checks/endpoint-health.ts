/** The health of one endpoint of one pool, with the evidence for it. */
import type { Standing } from '../core/health/agent.ts';
import type { Evidence } from '../core/health/evidence.ts';
import type { Ejection } from '../core/health/outlier-detector.ts';
import { isTestedBy } from '../core/health/tested-by.ts';
import type { CheckAnswer, ThresholdState } from '../core/health/threshold.ts';
import { DRAINING, EJECTED, MAINTENANCE, OPEN, PROBING, REFUSED, TRIAL, UNHEALTHY } from '../core/shared/pool-table.ts';
import type { CheckSpec, EndpointSpec } from '../core/snapshot.ts';
import type { BareConnectTarget } from './bare-connects.ts';
import { EndpointCheck } from './endpoint-check.ts';
import type { CheckAnswerEvent, CheckTools } from './endpoint-check.ts';

/**
 * `draining` takes precedence over `unhealthy`, which takes precedence over the four that traffic leads to. `trial`: its
 * ejection is over, and one request decides. `open`: its circuit breaker is; `probing`: the time of that is over, and a few
 * requests decide. `unchecked`: a check has nothing to ask there; it serves.
 */
export type HealthState =
  'healthy' | 'unchecked' | 'unhealthy' | 'ejected' | 'trial' | 'open' | 'probing' | 'draining' | 'maintenance';

/** What took an endpoint out: each has states, flags and rules of its own, and all else in common. */
export type OutageCause = 'ejection' | 'breaker';

/** By whether it is tried already. */
const OUT_FLAGS = { ejection: [EJECTED, TRIAL], breaker: [OPEN, PROBING] } as const;
const OUT_STATES = { ejection: ['ejected', 'trial'], breaker: ['open', 'probing'] } as const;

/** What is known of an endpoint, and why. */
export interface EndpointHealthReport {
  readonly state: HealthState;
  /** Wall-clock ms since when. */
  readonly since: number;
  readonly reason: string;
  /** What traffic met when it last failed after a success, or often enough to eject; a malformed answer with its rule. `''`: nothing yet. */
  readonly lastFailure: string;
  /** Wall-clock ms at which the time of an ejection or of an open breaker is over, unless a check passes before; null: it is neither, or its time is over. */
  readonly ejectedUntil: number | null;
  readonly checks: readonly CheckReport[];
  /** Its last changes of state, oldest first, at most 32. */
  readonly transitions: readonly HealthTransition[];
}

/** A change of state, with the evidence for it. */
export interface HealthTransition {
  /** Wall-clock ms. */
  readonly at: number;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: string;
  /** Where each check stood then, with its last answers. */
  readonly checks: readonly CheckReport[];
}

/** What one active check knows of an endpoint. */
export interface CheckReport {
  readonly kind: CheckSpec['kind'];
  readonly state: ThresholdState;
  /** Oldest first. */
  readonly answers: readonly CheckAnswer[];
}

/** An ejection, or an open breaker, as it takes effect. */
export interface EjectionState extends Ejection {
  readonly cause: OutageCause;
  /** Wall-clock ms. */
  readonly untilWall: number;
  /** Its check passed while traffic failed: it does not test what failed, and its pass ends nothing. */
  readonly isBlind: boolean;
}

/**
 * Whether a pass of this check ends such an ejection: it tests what failed, and did not pass while it failed. Where the
 * last connect was refused, a pass shows that another process is there.
 */
export function doesEnd(check: CheckSpec, { kind, isDown, isBlind }: EjectionState, endpointPort: number): boolean {
  if (isDown) return isTestedBy(check, 'connect', endpointPort);
  return isTestedBy(check, kind, endpointPort) && (kind === 'connect' || !isBlind);
}

/** Who may want something of an endpoint whatever its health. */
export type WishOf = 'agent' | 'operator';

/** What one of them wants. */
export interface Wish {
  readonly standing: Standing;
  readonly isDown: boolean;
}

const STRICTEST_FIRST: readonly Standing[] = ['maintenance', 'drain'];
const KEPT_TRANSITIONS = 32;

export class EndpointHealth {
  spec: EndpointSpec;
  /** Null: it is not out because of what traffic met. */
  ejection: EjectionState | null = null;
  /** The time of its ejection is over: a check or a trial decides. */
  isEjectionOver = false;
  /** Requests are to try it. */
  isOnTrial = false;
  isDraining = false;
  readonly wishes = new Map<WishOf, Wish>();
  /** The last failure was a refused connect. */
  isRefused = false;
  state: HealthState = 'healthy';
  since: number;
  reason = 'added';
  /** Tries whether it takes connects again; null: it does, as far as is known. */
  bareTarget: BareConnectTarget | null = null;
  /** It listens again, and its checks are about to say more. */
  isCheckDue = false;
  lastFailure = '';
  lastEvidence: Evidence | null = null;
  /** Clock's ms at which the first of its failures in a row began. */
  failingSince = -Infinity;
  #transitions: readonly HealthTransition[] = [];
  #checks: readonly EndpointCheck[] = [];
  /** Its pool's checks, be it none, have been set before. */
  #isChecked = false;

  constructor(spec: EndpointSpec, now: number) {
    this.spec = spec;
    this.since = now;
  }

  /**
   * Sets the checks: each begins with a try at once. Where they take the place of others, what those said of the
   * endpoint holds until the first answers.
   */
  check(
    checks: readonly CheckSpec[],
    tools: CheckTools,
    onAnswer: (answer: CheckAnswerEvent, check: CheckSpec) => void,
  ): void {
    this.stop();
    const servesUntried = this.#isChecked ? this.isPassing : undefined;
    this.#isChecked = true;
    this.#checks = checks.map(
      (check) => new EndpointCheck(check, this.spec, tools, (answer) => onAnswer(answer, check), servesUntried),
    );
    for (const check of this.#checks) check.start();
  }

  setEndpoint(spec: EndpointSpec): void {
    this.spec = spec;
    for (const check of this.#checks) check.setEndpoint(spec);
  }

  /** Whether a check has passed that began at or after this, and that tests whether answers come. */
  hasPassedSince(since: number): boolean {
    return this.#checks.some(
      ({ spec, passBeganAt }) => passBeganAt >= since && isTestedBy(spec, 'silent', this.spec.port),
    );
  }

  /** Whether one of its checks tests what it was ejected for. */
  get isEjectionTested(): boolean {
    const { ejection, spec: endpoint } = this;
    return ejection !== null && this.#checks.some(({ spec }) => doesEnd(spec, ejection, endpoint.port));
  }

  /** It refused connects and listens again. False: it has no check that would say more. */
  expectReturn(): boolean {
    for (const check of this.#checks) check.expectReturn();
    return this.#checks.length > 0;
  }

  suspect(): void {
    for (const check of this.#checks) check.suspect();
  }

  stop(): void {
    for (const check of this.#checks) check.stop();
  }

  get isPassing(): boolean {
    if ([...this.wishes.values()].some(({ isDown }) => isDown)) return false;
    return this.#checks.every(({ threshold }) => threshold.isHealthy);
  }

  /** The strictest of all wishes. */
  get standing(): Standing {
    const standings = [...this.wishes.values()].map(({ standing }) => standing);
    return STRICTEST_FIRST.find((standing) => standings.includes(standing)) ?? 'ready';
  }

  /** Nobody wants it drained or in maintenance. */
  get isReady(): boolean {
    return this.standing === 'ready';
  }

  /** Whether it is up, as far as anybody knows. */
  get isUp(): boolean {
    const state = this.currentState();
    return state === 'healthy' || state === 'unchecked';
  }

  /** Flags of the shared table. */
  get flags(): number {
    return (
      (this.isPassing ? 0 : UNHEALTHY) |
      (this.ejection === null ? 0 : OUT_FLAGS[this.ejection.cause][this.isOnTrial ? 1 : 0]) |
      (this.isDraining || this.standing === 'drain' ? DRAINING : 0) |
      (this.standing === 'maintenance' ? MAINTENANCE : 0) |
      (this.isRefused ? REFUSED : 0)
    );
  }

  /** What the flags amount to. */
  currentState(): HealthState {
    if (this.standing === 'maintenance' && !this.isDraining) return 'maintenance';
    if (this.isDraining || this.standing === 'drain') return 'draining';
    if (!this.isPassing) return 'unhealthy';
    if (this.ejection !== null) return OUT_STATES[this.ejection.cause][this.isOnTrial ? 1 : 0];
    return this.#checks.some(({ threshold }) => threshold.state === 'absent') ? 'unchecked' : 'healthy';
  }

  /** Its state is another one from now on, with what is known at this moment as the evidence. `at` is wall-clock ms. */
  moveTo(state: HealthState, at: number, reason: string): void {
    const transition = { at, from: this.state, to: state, reason, checks: this.#reportChecks() };
    this.#transitions = [...this.#transitions.slice(1 - KEPT_TRANSITIONS), transition];
    this.state = state;
    this.since = at;
    this.reason = reason;
  }

  report(): EndpointHealthReport {
    const { state, since, reason, lastFailure } = this;
    const ejectedUntil = this.ejection === null || this.isEjectionOver ? null : this.ejection.untilWall;
    const [checks, transitions] = [this.#reportChecks(), this.#transitions];
    return { state, since, reason, lastFailure, ejectedUntil, checks, transitions };
  }

  #reportChecks(): readonly CheckReport[] {
    return this.#checks.map(({ spec, threshold }) => {
      return { kind: spec.kind, state: threshold.state, answers: threshold.answers };
    });
  }
}
