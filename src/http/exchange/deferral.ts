import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import { Timer } from '../../net/timer-wheel.ts';
import type { AnswerContent, Deferral, Step } from '../steps/step.ts';
import { editRequest, editTarget } from './edit-request.ts';
import { answerFault } from './endings.ts';
import { BODY_LENGTH, BODY_NONE } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { Exchange } from './exchange.ts';
import { askForBody } from './response.ts';
import { giveAnswer } from './own-answer.ts';
import { ON_DECIDED, ON_DECISION_TIMEOUT } from './states.ts';

/** Hears the body that a step wants, or null: it is larger than that. */
type TakeBody = (body: Buffer | null) => void;

/** A step's word that is yet to come. It knows its exchange as long as that waits for it, and its time. */
export class PendingDecision extends Timer implements Deferral {
  readonly step: Step;
  /** What the client gets where nothing is said in time. */
  readonly overdue: Fault;
  /** The most bytes of body that the step wants, and who hears of them; null: nobody. */
  #bodyBytes = 0;
  #takeBody: TakeBody | null = null;
  #exchange: Exchange | null;
  /** The step has returned. */
  #isAwaited = false;
  /** What it said before that. */
  #early: ((exchange: Exchange) => void) | null = null;

  constructor(exchange: Exchange, step: Step, overdue: Fault) {
    super();
    this.overdue = overdue;
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

  holdBody(maxBytes: number, take: TakeBody): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    const { bodyKind, contentLength } = (exchange.request as OutgoingRequest).head;
    if (bodyKind === BODY_LENGTH && contentLength > maxBytes) {
      take(null);
      return;
    }
    this.#bodyBytes = maxBytes;
    this.#takeBody = take;
    if (exchange.isRequestEnded || bodyKind === BODY_NONE) this.bodyEnded();
    else if (this.takes(exchange.kept.length)) askForBody(exchange);
  }

  /** Whether a step wants more of the body than the bytes that are there. */
  takes(keptBytes: number): boolean {
    if (this.#takeBody === null) return false;
    if (keptBytes <= this.#bodyBytes) return true;
    this.#tellBody(null);
    return false;
  }

  /** All of it is there. */
  bodyEnded(): void {
    const exchange = this.#exchange;
    if (exchange === null || this.#takeBody === null) return;
    const { buffer, start, end } = exchange.kept;
    this.#tellBody(end - start > this.#bodyBytes ? null : Buffer.from(buffer.subarray(start, end)));
  }

  #tellBody(body: Buffer | null): void {
    const take = this.#takeBody;
    this.#takeBody = null;
    take?.(body);
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
    this.#takeBody = null;
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
