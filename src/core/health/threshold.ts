/**
 * What the answers of one active check say about one endpoint: healthy or unhealthy, with `rise` and `fall` in between,
 * so that a single odd answer changes nothing (HAProxy counts the same way). The very first answer decides alone.
 *
 * | state     | pass                          | fail                             | absent                       | suspect   |
 * | --------- | ----------------------------- | -------------------------------- | ---------------------------- | --------- |
 * | untried   | healthy                       | unhealthy                        | absent                       | untried   |
 * | healthy   | healthy                       | falling, at `fall` 1 unhealthy   | absent                       | suspected |
 * | suspected | healthy                       | falling, at `fall` 1 unhealthy   | absent                       | suspected |
 * | falling   | healthy                       | falling, the `fall`th: unhealthy | absent                       | falling   |
 * | absent    | healthy                       | falling, at `fall` 1 unhealthy   | absent                       | absent    |
 * | unhealthy | rising, at `rise` 1 healthy   | unhealthy                        | rising, at `rise` 1 absent   | unhealthy |
 * | rising    | rising, the `rise`th: healthy | unhealthy                        | rising, the `rise`th: absent | rising    |
 *
 * absent: the server answers that it has nothing to ask for its health, so the check says neither that it is healthy
 * nor that it is not. It serves.
 * untried serves unless the check says `start: unhealthy`, or replaces a check by which the endpoint did not serve;
 * healthy, suspected, falling and absent serve; unhealthy and rising do not. suspected, falling and rising are in
 * transition: the check runs at its fast interval.
 */
import type { CheckSpec } from '../snapshot.ts';

/** The state of an endpoint with one check: settled as healthy or unhealthy, or on the way between them. */
export type ThresholdState = 'untried' | 'healthy' | 'suspected' | 'falling' | 'absent' | 'unhealthy' | 'rising';

/** `absent`: the server has nothing to ask for its health. */
export type AnswerOutcome = 'pass' | 'fail' | 'absent';

const SETTLED = { pass: 'healthy', fail: 'unhealthy', absent: 'absent' } as const;

/** One answer of a check. */
export interface CheckAnswer {
  readonly ok: boolean;
  /** Wall-clock ms. */
  readonly at: number;
  /** For a person: `200 in 3 ms`, `connection refused`. */
  readonly reason: string;
}

/** Why an endpoint is what it is. */
export interface HealthChange {
  readonly isHealthy: boolean;
  readonly at: number;
  /** Reason of the answer that decided. */
  readonly reason: string;
  /** The last answers up to that one, oldest first. */
  readonly answers: readonly CheckAnswer[];
}

/** Answers kept at least; more where `rise` or `fall` count more. */
const KEPT_ANSWERS = 5;

export class HealthThreshold {
  readonly #spec: Pick<CheckSpec, 'rise' | 'fall' | 'startUnhealthy'>;
  readonly #servesUntried: boolean;
  #state: ThresholdState = 'untried';
  /** Answers in a row that contradict the present verdict. */
  #against = 0;
  #answers: CheckAnswer[] = [];
  #lastChange: HealthChange | null = null;

  /** `servesUntried`: whether it serves before the first answer; default as the spec says. */
  constructor(spec: Pick<CheckSpec, 'rise' | 'fall' | 'startUnhealthy'>, servesUntried = !spec.startUnhealthy) {
    this.#spec = spec;
    this.#servesUntried = servesUntried;
  }

  get state(): ThresholdState {
    return this.#state;
  }

  /** Whether this check lets the endpoint serve. */
  get isHealthy(): boolean {
    if (this.#state === 'untried') return this.#servesUntried;
    return this.#state !== 'unhealthy' && this.#state !== 'rising';
  }

  /** Whether the check is to run at its fast interval. */
  get isInTransition(): boolean {
    return this.#state === 'suspected' || this.#state === 'falling' || this.#state === 'rising';
  }

  /** The last answers, oldest first. */
  get answers(): readonly CheckAnswer[] {
    return this.#answers;
  }

  /** The change that made the verdict what it is; null before the first answer. */
  get lastChange(): HealthChange | null {
    return this.#lastChange;
  }

  /**
   * Takes an answer in; `at` is wall-clock ms. Returns the change it made, the first verdict or a new one; otherwise
   * null.
   */
  record(outcome: AnswerOutcome, at: number, reason: string): HealthChange | null {
    const kept = Math.max(KEPT_ANSWERS, this.#spec.rise, this.#spec.fall);
    const settled = SETTLED[outcome];
    this.#answers = [...this.#answers.slice(1 - kept), { ok: outcome === 'pass', at, reason }];
    if (this.#state === 'untried') return this.#decide(settled, at, reason);
    const serves = outcome !== 'fail';
    if (serves === this.isHealthy) {
      // It serves as before, but can no longer be asked, or can be asked again.
      const isNew = serves && (this.#state === 'absent') !== (settled === 'absent');
      if (isNew) return this.#decide(settled, at, reason);
      this.#state = settled;
      this.#against = 0;
      return null;
    }
    this.#against++;
    if (this.#against >= (serves ? this.#spec.rise : this.#spec.fall)) return this.#decide(settled, at, reason);
    this.#state = serves ? 'rising' : 'falling';
    return null;
  }

  /** Requests have failed: the check runs at its fast interval until it has an answer of its own. */
  suspect(): void {
    if (this.#state === 'healthy') this.#state = 'suspected';
  }

  /** It refused connects and listens again: the next pass decides alone. */
  expectReturn(): void {
    if (this.isHealthy) return;
    this.#state = 'unhealthy';
    this.#against = this.#spec.rise - 1;
  }

  #decide(state: (typeof SETTLED)[AnswerOutcome], at: number, reason: string): HealthChange {
    this.#state = state;
    this.#against = 0;
    this.#lastChange = { isHealthy: state !== 'unhealthy', at, reason, answers: this.#answers };
    return this.#lastChange;
  }
}
