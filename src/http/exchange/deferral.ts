import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import { Timer } from '../../net/timer-wheel.ts';
import type { AnswerContent, Deferral, Step } from '../steps/step.ts';
import { editRequest, editTarget } from './edit-request.ts';
import { answerFault } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { giveAnswer } from './own-answer.ts';
import { ON_DECIDED, ON_DECISION_TIMEOUT } from './states.ts';

/** A step's word that is yet to come. It knows its exchange as long as that waits for it, and its time. */
export class PendingDecision extends Timer implements Deferral {
  readonly step: Step;
  #exchange: Exchange | null;
  /** The step has returned. */
  #isAwaited = false;
  /** What it said before that. */
  #early: ((exchange: Exchange) => void) | null = null;

  constructor(exchange: Exchange, step: Step) {
    super();
    this.#exchange = exchange;
    this.step = step;
  }

  pass(): void {
    this.#decide((exchange) => exchange.dispatch(ON_DECIDED));
  }

  edit(edits: readonly HeaderEdit[]): void {
    if (this.#exchange !== null && !editRequest(this.#exchange, edits)) this.refuse(FAULTS.editTooLarge);
  }

  setTarget(target: string): void {
    if (this.#exchange !== null && !editTarget(this.#exchange, target)) this.refuse(FAULTS.editTooLarge);
  }

  refuse(fault: Fault, lines = ''): void {
    this.#decide((exchange) => answerFault(exchange, fault, '', lines));
  }

  answer(content: AnswerContent): void {
    this.#decide((exchange) => giveAnswer(exchange, content));
  }

  /** The exchange waits from now on. */
  wait(): void {
    this.#isAwaited = true;
    const exchange = this.#exchange;
    if (this.#early === null || exchange === null) return;
    this.close();
    this.#early(exchange);
  }

  /** Nothing that is said from now on has an effect. */
  close(): void {
    if (this.#exchange === null) return;
    this.#exchange.host.wheel.disarm(this);
    this.#exchange.pending = null;
    this.#exchange = null;
  }

  /** Said from anywhere, whose fault an exception of the exchange must not become. */
  #decide(act: (exchange: Exchange) => void): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (!this.#isAwaited) {
      this.#early ??= act;
      return;
    }
    this.close();
    try {
      act(exchange);
      exchange.flushClient();
    } catch (error) {
      exchange.host.reportFault(error);
      exchange.onOwnFault();
    }
  }

  override onTimeout(): void {
    this.#exchange?.dispatch(ON_DECISION_TIMEOUT);
  }

  override onFault(): void {
    this.#exchange?.onOwnFault();
  }
}
