/** A request of a test, as steps see one. */
import type { Fault } from '../core/errors.ts';
import { FAULTS } from '../core/errors.ts';
import { EditedLines } from '../core/http/edited-lines.ts';
import type { HeaderEdit } from '../core/http/edited-lines.ts';
import { BODY_LENGTH, BODY_NONE, RequestHead } from '../http/head.ts';
import { OutgoingRequest } from '../http/outgoing.ts';
import { ExchangeRecord } from '../http/record.ts';
import type { Route } from '../http/routing.ts';
import { ANSWERED, LATER } from '../http/steps/step.ts';
import type { AnswerContent, Decision, Deferral, RequestView, Step } from '../http/steps/step.ts';
import { headersOf, linesOf } from './header-map.ts';
import type { MiddlewareTestAnswer, MiddlewareTestRequest } from './run-middleware.ts';

/** All that is looked at of a route here. */
const ROUTE = { policy: 0, spec: { upgrades: [], deadlineHeader: '' } } as unknown as Route;
const CLIENT = '192.0.2.1';

export class GivenRequest implements RequestView, Deferral {
  readonly record = new ExchangeRecord();
  request: OutgoingRequest;
  readonly #body: Buffer;
  #added = '';
  answered: AnswerContent | null = null;
  fault: Fault | null = null;
  readonly #decided = Promise.withResolvers<undefined>();

  constructor({
    method = 'GET',
    target = '/',
    headers = {},
    body = '',
    client = CLIENT,
  }: MiddlewareTestRequest<unknown>) {
    this.#body = Buffer.from(body);
    const head = new RequestHead();
    const { host = 'localhost', ...others } = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    head.method = method;
    head.target = target;
    head.authority = host;
    head.host = host.toLowerCase().replace(/:\d*$/, '');
    head.lines = linesOf(others);
    head.bodyKind = this.#body.length > 0 ? BODY_LENGTH : BODY_NONE;
    head.contentLength = this.#body.length;
    this.request = new OutgoingRequest(head, {}, ROUTE, target, host, '', client, false);
    Object.assign(this.record, { client, requestId: 'test-1', listener: 'test', route: 'test', head });
  }

  /** Resolves when the step has decided. */
  async decide(step: Step): Promise<void> {
    if (step.onRequest?.(this) === LATER) await this.#decided.promise;
  }

  /** Null: it passed. */
  get said(): MiddlewareTestAnswer | null {
    if (this.fault !== null) return { status: this.fault.status, headers: {}, body: this.fault.text };
    if (this.answered === null) return null;
    const { status, lines, body } = this.answered;
    return { status, headers: headersOf(lines), body: body.toString() };
  }

  // ——— as steps see it

  get lines(): string {
    return this.request.lines + this.#added;
  }

  readonly isSecure = false;
  readonly isAsRemembered = false;

  addLines(lines: string): void {
    this.#added += lines;
  }

  remark(_text: string): void {}

  replace(request: OutgoingRequest): void {
    this.request = request;
  }

  edit(edits: readonly HeaderEdit[]): void {
    const edited = new EditedLines().begin(this.request.lines, this.#added);
    for (const each of edits) edited.apply(each);
    this.request = this.request.changed(this.request.target, edited.base);
    this.#added = edited.added;
  }

  setTarget(target: string): void {
    this.request = this.request.changed(target, this.request.lines);
  }

  refuse(fault: Fault): Decision {
    this.fault = fault;
    this.#decided.resolve(undefined);
    return ANSWERED;
  }

  answer(content: AnswerContent): Decision {
    this.answered = content;
    this.#decided.resolve(undefined);
    return ANSWERED;
  }

  pass(): void {
    this.#decided.resolve(undefined);
  }

  defer(): Deferral {
    return this;
  }

  limitBody(maxBytes: number): void {
    if (this.#body.length > maxBytes) this.refuse(FAULTS.payloadTooLarge);
  }

  holdBody(maxBytes: number, told: (body: Buffer | null) => void): void {
    told(this.#body.length > maxBytes ? null : this.#body);
  }
}
