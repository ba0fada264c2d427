/** A hook that has returned a promise, and the request that waits for it. */
import type { Fault } from '../../core/errors.ts';
import type { AnswerContent, Deferral } from '../../http/steps/step.ts';
import type { RequestInHook } from './request-view.ts';

export class LateDecision {
  readonly #view: RequestInHook;
  readonly #deferral: Deferral;
  readonly #began: number;

  constructor(view: RequestInHook, deferral: Deferral, began: number) {
    this.#view = view;
    this.#deferral = deferral;
    this.#began = began;
  }

  elapsedMs(now: number): number {
    return now - this.#began;
  }

  /** The hook has done its part. Null: the request passes, with what it has changed. */
  conclude(answer: AnswerContent | null): void {
    const { headers, newTarget } = this.#view;
    this.#view.end();
    if (answer !== null) {
      this.#deferral.answer(answer);
      return;
    }
    if (headers.edits.length > 0) this.#deferral.edit(headers.edits);
    if (newTarget !== null) this.#deferral.setTarget(newTarget);
    this.#deferral.pass();
  }

  /** It passes as if the hook were not there. */
  skip(): void {
    this.#view.end();
    this.#deferral.pass();
  }

  refuse(fault: Fault): void {
    this.#view.end();
    this.#deferral.refuse(fault);
  }

  /** Nobody waits any more. */
  cancel(reason: Error): void {
    this.#view.cancel(reason);
  }
}
