/**
 * The trial request of an endpoint whose ejection is over: what becomes of it decides whether the endpoint is back. One
 * attempt has it. It says so once: with the head of an answer, or with all of the answer where answers broke (or with ten
 * seconds of one); with a failure; or that it has shown nothing, since the client left or the fault was ours.
 */
import type { BlamedFailure, TrialResult } from '../core/health/evidence.ts';
import { Timer } from '../net/timer-wheel.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import type { PickedTrial } from '../upstream/pool-pick.ts';
import type { HttpWaiter } from './stream.ts';

/** An answer that has lasted so long has not broken. */
const WHOLE_MS = 10_000;

export class Trial extends Timer {
  readonly #picked: PickedTrial<HttpWaiter>;
  readonly #wheel: TimerWheel;
  readonly #isJudged: () => boolean;
  #hasBegun = false;
  #isOver = false;

  /** `isJudged`: whether the request is complete, so that silence says something about the endpoint. */
  constructor(picked: PickedTrial<HttpWaiter>, wheel: TimerWheel, isJudged: () => boolean) {
    super();
    this.#picked = picked;
    this.#wheel = wheel;
    this.#isJudged = isJudged;
  }

  /** The request is on its way: without a first byte within `limitMs` the trial has failed. */
  begin(limitMs: number): void {
    this.#wheel.arm(this, limitMs);
  }

  /** The head of an answer is there that is no failure. */
  answered(): void {
    if (this.#isOver) return;
    if (!this.#picked.needsWhole) {
      this.#end('passed');
      return;
    }
    this.#hasBegun = true;
    this.#wheel.arm(this, WHOLE_MS);
  }

  /** The answer is whole. */
  succeeded(): void {
    this.#end('passed');
  }

  failed(failure: BlamedFailure): void {
    this.#end(failure);
  }

  /** The attempt is over; where nothing has been said so far, it says nothing. */
  left(): void {
    this.#end('void');
  }

  override onTimeout(): void {
    if (this.#hasBegun) this.#end('passed');
    else this.#end(this.#isJudged() ? 'silent' : 'void');
  }

  #end(result: TrialResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wheel.disarm(this);
    this.#picked.endpoint.trialEnded(this.#picked.number, result);
  }
}
