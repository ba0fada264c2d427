/** *deciding*: a request goes through its route's steps. */
import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ExchangeRecord } from '../record.ts';
import type { RouteSteps } from '../steps/route-steps.ts';
import { ANSWERED, LATER, PASS } from '../steps/step.ts';
import type { AnswerContent, Decision, Deferral, RequestView, Step } from '../steps/step.ts';
import { startAttempt } from './attempts.ts';
import { PendingDecision } from './deferral.ts';
import { addLines, editRequest, editTarget, replaceRequest } from './edit-request.ts';
import { answerFault, answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { giveAnswer } from './own-answer.ts';

/** One serves all exchanges of a thread: a step that passes makes nothing. */
class CurrentRequest implements RequestView {
  exchange: Exchange | null = null;
  step: Step | null = null;
  /** Its step has added more than may be added. */
  isTooLarge = false;

  get #current(): Exchange {
    if (this.exchange === null) throw new Error('a step used a request after it had returned');
    return this.exchange;
  }

  get record(): ExchangeRecord {
    return this.#current.record;
  }

  get request(): OutgoingRequest {
    return this.#current.request as OutgoingRequest;
  }

  get isSecure(): boolean {
    return this.#current.isSecure;
  }

  get lines(): string {
    return this.request.lines + this.#current.stepLines;
  }

  edit(edits: readonly HeaderEdit[]): void {
    if (!editRequest(this.#current, edits)) this.isTooLarge = true;
  }

  setTarget(target: string): void {
    if (!editTarget(this.#current, target)) this.isTooLarge = true;
  }

  addLines(lines: string): void {
    if (!addLines(this.#current, lines)) this.isTooLarge = true;
  }

  get isAsRemembered(): boolean {
    return this.#current.stepLines === '';
  }

  replace(request: OutgoingRequest): void {
    if (!replaceRequest(this.#current, request)) this.isTooLarge = true;
  }

  refuse(fault: Fault, lines = ''): Decision {
    return this.#end((exchange) => answerFault(exchange, fault, '', lines));
  }

  remark(text: string): void {
    this.#current.remark = text;
  }

  answer(content: AnswerContent): Decision {
    return this.#end((exchange) => giveAnswer(exchange, content));
  }

  defer(ms: number, overdue: Fault = FAULTS.decisionTimeout): Deferral {
    const exchange = this.#current;
    if (exchange.pending !== null) throw new Error('a step deferred its decision twice');
    exchange.pending = new PendingDecision(exchange, this.step as Step, overdue);
    exchange.host.wheel.arm(exchange.pending, ms);
    return exchange.pending;
  }

  limitBody(maxBytes: number): void {
    const exchange = this.#current;
    if (exchange.bodyLimit === 0 || maxBytes < exchange.bodyLimit) exchange.bodyLimit = maxBytes;
  }

  /** An answer may lead to the next request of the connection, which has a view of its own. */
  #end(say: (exchange: Exchange) => void): Decision {
    const exchange = this.#current;
    this.exchange = null;
    try {
      say(exchange);
    } catch (error) {
      // It has no answer yet, and gets one for the fault.
      this.exchange = exchange;
      throw error;
    }
    return ANSWERED;
  }
}

const current = new CurrentRequest();

/** *deciding* × decided, and the beginning: on from the step whose turn it is. Behind the last one an attempt begins. */
export function decide(exchange: Exchange): void {
  const { onRequest } = (exchange.request as OutgoingRequest).route.steps as RouteSteps;
  exchange.wait.leave();
  while (exchange.stepAt < onRequest.length) {
    const step = onRequest[exchange.stepAt++];
    const decision = ask(exchange, step);
    // With its answer the exchange has gone on to another request.
    if (decision === ANSWERED) return;
    if (current.isTooLarge) {
      answerFault(exchange, FAULTS.editTooLarge);
      return;
    }
    if (decision === PASS) continue;
    // What waits is kept, be it for a step or for a place.
    if (exchange.wait.enter()) exchange.pending?.wait();
    else answerFull(exchange);
    return;
  }
  startAttempt(exchange);
}

function ask(exchange: Exchange, step: Step): Decision {
  current.exchange = exchange;
  current.step = step;
  current.isTooLarge = false;
  const { host } = exchange;
  try {
    const decision = step.onRequest === undefined ? PASS : step.onRequest(current);
    const isAnswered = current.exchange !== exchange;
    const isDeferred = !isAnswered && exchange.pending !== null;
    if (isAnswered !== (decision === ANSWERED) || isDeferred !== (decision === LATER))
      throw new Error(`step ${step.name} says one thing and has done another`);
    return decision;
  } catch (error) {
    if (current.exchange === exchange) throw error;
    // It has answered before: the fault is not that of whoever has this exchange now.
    host.reportFault(error);
    return ANSWERED;
  } finally {
    current.exchange = null;
  }
}

/** *deciding* × decisionTimeout */
export function decisionTimedOut(exchange: Exchange): void {
  answerFault(exchange, exchange.pending?.overdue ?? FAULTS.decisionTimeout);
}
