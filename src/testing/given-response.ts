/** An endpoint's answer of a test, as steps see one. */
import type { Fault } from '../core/errors.ts';
import { EditedLines } from '../core/http/edited-lines.ts';
import type { HeaderEdit } from '../core/http/edited-lines.ts';
import { BODY_CHUNKED, ResponseHead } from '../http/head.ts';
import type { OutgoingRequest } from '../http/outgoing.ts';
import type { ExchangeRecord } from '../http/record.ts';
import type { BodySink, BodyTransform, ResponseView, Step } from '../http/steps/step.ts';
import type { GivenRequest } from './given-request.ts';
import { headersOf, linesOf } from './header-map.ts';
import type { MiddlewareTestAnswer, MiddlewareTestResponse } from './run-middleware.ts';

export class GivenResponse implements ResponseView, BodySink {
  readonly record: ExchangeRecord;
  readonly request: OutgoingRequest;
  readonly response = new ResponseHead();
  readonly #pieces: readonly Buffer[];
  readonly #sent: Buffer[] = [];
  readonly isSecure = false;
  lines: string;

  constructor({ record, request }: GivenRequest, { status = 200, headers = {}, body = '' }: MiddlewareTestResponse) {
    this.record = record;
    this.request = request;
    this.#pieces = [body].flat().map((piece) => Buffer.from(piece));
    this.lines = linesOf(headers);
    this.response.status = status;
    this.response.bodyKind = BODY_CHUNKED;
    this.response.lines = this.lines;
  }

  pass(step: Step): void {
    step.onResponse?.(this);
    const transform: BodyTransform | null = step.transform?.(this) ?? null;
    for (const piece of this.#pieces) {
      if (transform === null) this.write(piece, 0, piece.length);
      else transform.write(piece, 0, piece.length, this);
    }
    transform?.end('', this);
  }

  get said(): MiddlewareTestAnswer {
    const body = Buffer.concat(this.#sent).toString();
    return { status: this.response.status, headers: headersOf(this.lines), body };
  }

  // ——— as steps see it

  addLines(lines: string): void {
    this.lines += lines;
  }

  edit(edits: readonly HeaderEdit[]): void {
    const edited = new EditedLines().begin(this.lines, '');
    for (const each of edits) edited.apply(each);
    this.lines = edited.base + edited.added;
  }

  readonly isAsRemembered = false;

  replace(head: ResponseHead): void {
    this.lines = head.lines;
  }

  /** What failed is told by the step itself. */
  refuse(_fault: Fault): void {}

  write(buffer: Buffer, start: number, end: number): void {
    this.#sent.push(Buffer.from(buffer.subarray(start, end)));
  }

  end(): void {}

  fail(_fault: Fault): void {}
}
