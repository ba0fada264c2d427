/** What the steps of a route make of an answer: header lines of its own, and what its body goes through. */
import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { EditedLines } from '../../core/http/edited-lines.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import { has, without } from '../../core/http/header-lines.ts';
import { isUntouchableInResponses } from '../../core/http/untouchable.ts';
import { faultLines, faultReason } from '../fault-content.ts';
import { BODY_CHUNKED, BODY_NONE, ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ExchangeRecord } from '../record.ts';
import type { BodySink, BodyTransform, ResponseView, Step } from '../steps/step.ts';
import type { ClientStream } from '../stream.ts';
import { MOST_ADDED_BYTES } from './edit-request.ts';
import type { Exchange } from './exchange.ts';

const LENGTH: ReadonlySet<string> = new Set(['content-length']);
const RETRY_AFTER: ReadonlySet<string> = new Set(['retry-after']);

const edited = new EditedLines();

class ShapedResponse implements ResponseView {
  readonly #exchange: Exchange;
  readonly record: ExchangeRecord;
  readonly request: OutgoingRequest;
  readonly response: ResponseHead;
  /** The head that is edited: that of the answer, or what was made of it. */
  head: ResponseHead;
  /** Its lines less what was taken out, and what stands behind them. */
  base: string;
  added = '';
  /** It may not go out: more was added than may be added, or a step says so; null: it may. */
  refused: Fault | null = null;

  constructor(exchange: Exchange, response: ResponseHead) {
    this.#exchange = exchange;
    this.record = exchange.record;
    this.request = exchange.request as OutgoingRequest;
    this.response = response;
    this.head = response;
    this.base = response.lines;
  }

  get isSecure(): boolean {
    return this.#exchange.isSecure;
  }

  get lines(): string {
    return this.base + this.added;
  }

  get isAsRemembered(): boolean {
    return this.added === '' && this.base === this.response.lines;
  }

  replace(head: ResponseHead): void {
    this.head = head;
    this.base = head.lines;
    this.added = '';
    this.#measure();
  }

  addLines(lines: string): void {
    this.added += lines;
    this.#measure();
  }

  edit(edits: readonly HeaderEdit[]): void {
    edited.begin(this.base, this.added);
    for (const edit of edits) {
      refuseUntouchable(edit.name);
      edited.apply(edit);
    }
    this.base = edited.base;
    this.added = edited.added;
    this.#measure();
  }

  refuse(fault: Fault): void {
    this.refused ??= fault;
  }

  #measure(): void {
    const grown = Math.max(0, this.base.length - this.response.lines.length);
    if (this.added.length + grown > MOST_ADDED_BYTES) this.refuse(FAULTS.editTooLarge);
  }
}

function refuseUntouchable(name: string): void {
  if (isUntouchableInResponses(name.toLowerCase())) throw new TypeError(`${name} of an answer is not a step's to edit`);
}

/** How an answer breaks, as `endings.ts` has it. */
type BreakAnswer = (exchange: Exchange, fault: Fault) => void;

class ClientSink implements BodySink {
  readonly #exchange: Exchange;
  readonly #breakAnswer: BreakAnswer;
  /** The exchange is over. */
  #isBroken = false;

  constructor(exchange: Exchange, breakAnswer: BreakAnswer) {
    this.#exchange = exchange;
    this.#breakAnswer = breakAnswer;
  }

  write(buffer: Buffer, start: number, end: number): void {
    if (this.#isBroken) return;
    this.#exchange.record.bytesOut += end - start;
    (this.#exchange.client as ClientStream).sendBody(buffer, start, end);
  }

  fail(fault: Fault): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#breakAnswer(this.#exchange, fault);
  }

  end(trailers: string): void {
    if (this.#isBroken) return;
    (this.#exchange.client as ClientStream).sendEnd(trailers);
  }
}

class TransformSink implements BodySink {
  readonly #transform: BodyTransform;
  readonly #next: BodySink;

  constructor(transform: BodyTransform, next: BodySink) {
    this.#transform = transform;
    this.#next = next;
  }

  write(buffer: Buffer, start: number, end: number): void {
    this.#transform.write(buffer, start, end, this.#next);
  }

  end(trailers: string): void {
    this.#transform.end(trailers, this.#next);
  }

  fail(fault: Fault): void {
    this.#next.fail(fault);
  }
}

/** An answer as it goes to its client. */
export interface Shaped {
  readonly head: ResponseHead;
  /** Behind those of the head, for this exchange alone. */
  readonly lines: string;
}

/**
 * Asks the steps in the order in which answers pass. A head whose body is transformed is another one: its length is not
 * known any more. A fault: it may not go out, and the client gets that.
 */
export function shapeResponse(
  exchange: Exchange,
  response: ResponseHead,
  steps: readonly Step[],
  breakAnswer: BreakAnswer,
): Shaped | Fault {
  const shaped = new ShapedResponse(exchange, response);
  let transforms: BodyTransform[] | null = null;
  for (const step of steps) {
    step.onResponse?.(shaped);
    const transform = response.bodyKind === BODY_NONE ? null : (step.transform?.(shaped) ?? null);
    if (transform !== null) (transforms ??= []).push(transform);
  }
  if (shaped.refused !== null) return shaped.refused;
  const { head, base, added } = shaped;
  if (transforms === null) return { head: base === head.lines ? head : head.changed(base), lines: added };
  exchange.sink = transforms.reduceRight<BodySink>(
    (next, transform) => new TransformSink(transform, next),
    new ClientSink(exchange, breakAnswer),
  );
  return { head: withoutLength(response, base), lines: added };
}

function withoutLength(response: ResponseHead, lines: string): ResponseHead {
  const head = response.changed(without(lines, LENGTH));
  head.bodyKind = BODY_CHUNKED;
  head.contentLength = 0;
  return head;
}

/**
 * The lines of an error of ours as its route's steps leave them, `lines` among them; null where nothing is said beside
 * what every such error says. It has to go out whatever they do: what fails here, or is too large, changes nothing.
 */
export function shapeFault(exchange: Exchange, fault: Fault, wantsJson: boolean, lines: string): string | null {
  const { request, record } = exchange;
  const steps = request?.route.steps?.onResponse ?? null;
  if (steps === null && lines === '') return null;
  const head = new ResponseHead();
  const usual = faultLines(fault, record.requestId, wantsJson);
  head.status = fault.status;
  head.reason = faultReason(fault);
  head.lines = (has(lines, 'retry-after') ? without(usual, RETRY_AFTER) : usual) + lines;
  head.isOurs = true;
  if (steps === null) return head.lines;
  const shaped = new ShapedResponse(exchange, head);
  try {
    for (const step of steps) step.onResponse?.(shaped);
  } catch (error) {
    exchange.host.reportFault(error);
    return head.lines;
  }
  return shaped.refused === null ? shaped.lines : head.lines;
}
