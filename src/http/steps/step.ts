/**
 * A step: what a route does with its requests and answers beside balancing them (limits, redirects, rewriting,
 * compression …). A route without any has null in its place and pays for that comparison alone.
 *
 * Requests pass the steps of a route in the order of `route-steps.ts`, answers in reverse. A step that passes costs a
 * call and no memory; only one that decides later pays for a wait. What a step throws costs its exchange a 500, or a cut
 * answer, and nobody else anything.
 */
import type { Fault } from '../../core/errors.ts';
import type { ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ExchangeRecord } from '../record.ts';

/** The next step's turn; behind the last one an attempt begins. */
export const PASS = 0;
/** The exchange has its answer, by `refuse` or `answer`; nobody behind this step sees the request. */
export const ANSWERED = 1;
/** It will be said to what `defer` returned. Until then the request waits, and its body with it. */
export const LATER = 2;
export type Decision = 0 | 1 | 2;

export interface Step {
  readonly name: string;
  onRequest?(request: RequestView): Decision;
  /** The head of the final answer, be it an endpoint's or one of ours, before it goes out. */
  onResponse?(response: ResponseView): void;
  /** Null: this body passes as it is. */
  transform?(response: ResponseView): BodyTransform | null;
  /** Once for each exchange that was routed here, however it ended; the record is borrowed until the call returns. */
  finished?(record: ExchangeRecord): void;
  /** The decision that this step deferred is not wanted any more: the client left, or the time was over. */
  cancel?(record: ExchangeRecord): void;
}

/** A request as a step sees it; borrowed until `onRequest` returns. */
export interface RequestView {
  readonly record: ExchangeRecord;
  readonly request: OutgoingRequest;
  /** Answers with an error of ours. */
  refuse(fault: Fault): Decision;
  answer(content: AnswerContent): Decision;
  /** Says LATER. Where nothing is decided within `ms`, the client gets a 503 `decision-timeout`. */
  defer(ms: number): Deferral;
  /** The most bytes of body; more is a 413, however they come. */
  limitBody(maxBytes: number): void;
}

/** How a step says later what it decided. The first word counts; none does once the exchange has ended. */
export interface Deferral {
  pass(): void;
  refuse(fault: Fault): void;
  answer(content: AnswerContent): void;
}

/** An answer of ours that is no error. */
export interface AnswerContent {
  readonly status: number;
  readonly reason: string;
  /** Header lines; Content-Length, Date and Connection are written by us. */
  readonly lines: string;
  readonly body: Buffer;
  /** What the record says of it in the place of a reason (`REMARKS`); left out: nothing. */
  readonly remark?: string;
}

/** An answer as a step sees it; borrowed until the call returns. */
export interface ResponseView {
  readonly record: ExchangeRecord;
  readonly request: OutgoingRequest;
  /** Shared by all exchanges whose endpoint sent the same head: never written to. */
  readonly response: ResponseHead;
  /** Header lines for this exchange alone, each with its CRLF. */
  addLines(lines: string): void;
}

/** What a body goes through; made for one exchange. What it gives on must stay as it is until the client has taken it. */
export interface BodyTransform {
  /** The bytes are borrowed until the call returns, unless they are given on as they are. */
  write(buffer: Buffer, start: number, end: number, next: BodySink): void;
  end(trailers: string, next: BodySink): void;
}

export interface BodySink {
  write(buffer: Buffer, start: number, end: number): void;
  end(trailers: string): void;
}
