/**
 * A step: what a route does with its requests and answers beside balancing them (limits, redirects, rewriting,
 * compression …). A route without any has null in its place and pays for that comparison alone.
 *
 * Requests pass the steps of a route in the order of `route-steps.ts`, answers in reverse. A step that passes costs a
 * call and no memory; only one that decides later pays for a wait. What a step throws costs its exchange a 500, or a cut
 * answer, and nobody else anything.
 */
import type { Fault } from '../../core/errors.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
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
  /** The head of the final answer, be it an endpoint's or one of ours, errors and a 101 included, before it goes out. */
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
  /** As it goes to the endpoint, edits before included, but for lines that were added. */
  readonly request: OutgoingRequest;
  /** The client came by https, as far as we or a trusted proxy can tell. */
  readonly isSecure: boolean;
  /** Its header lines as they go to the endpoint, those that were added included, without what Fairlead says itself. */
  readonly lines: string;
  /**
   * Changes the header lines that go to the endpoint, for this exchange alone; each edit sees what those before it have
   * made. Names and values are safe already: no CR, LF or NUL. Throws for what is not a step's to edit
   * (`core/http/untouchable.ts`). Where more than 8 KiB are added in all, the client gets a 500 `edit-too-large`.
   */
  edit(edits: readonly HeaderEdit[]): void;
  /** The target that goes to the endpoint, in origin form. Throws where it is not. */
  setTarget(target: string): void;
  /** Header lines that go to the endpoint behind all others, each with its CRLF; safe already. */
  addLines(lines: string): void;
  /** No step has changed it so far but by what is the same for all requests with its head: `request.rewritten` is of it. */
  readonly isAsRemembered: boolean;
  /** This goes to the endpoint, with nothing added so far: what was made of `request` by `changed`. */
  replace(request: OutgoingRequest): void;
  /** Answers with an error of ours; `lines`: header lines that go with it, which answers' steps see. */
  refuse(fault: Fault, lines?: string): Decision;
  answer(content: AnswerContent): Decision;
  /** What the record says of this exchange where it has no reason (`REMARKS`). */
  remark(text: string): void;
  /** Says LATER. Where nothing is decided within `ms`, the client gets `overdue`, by default a 503 `decision-timeout`. */
  defer(ms: number, overdue?: Fault): Deferral;
  /** The most bytes of body; more is a 413, however they come. */
  limitBody(maxBytes: number): void;
}

/** How a step says later what it decided. The first word counts; none does once the exchange has ended. */
export interface Deferral {
  pass(): void;
  /** As `RequestView`'s, until it has passed. */
  edit(edits: readonly HeaderEdit[]): void;
  setTarget(target: string): void;
  refuse(fault: Fault, lines?: string): void;
  answer(content: AnswerContent): void;
  /**
   * Reads the whole body and holds it, counted as what waits for an endpoint is; it goes there as it came. `take` hears a
   * copy of it, or null as soon as it is known to be larger than `maxBytes`; nothing, where the exchange ends before.
   */
  holdBody(maxBytes: number, take: (body: Buffer | null) => void): void;
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
  /** As in `RequestView`. */
  readonly isSecure: boolean;
  /** As it came, shared by all exchanges whose endpoint sent the same head: never written to. `isOurs` tells ours. */
  readonly response: ResponseHead;
  /** The header lines as they go to the client, edits before included, without those of framing and Date. */
  readonly lines: string;
  /** Header lines for this exchange alone, each with its CRLF. */
  addLines(lines: string): void;
  /** No step has changed it so far: `response.rewritten` is of it. */
  readonly isAsRemembered: boolean;
  /** This goes to the client, with nothing added so far: what was made of `response` by `changed`. */
  replace(head: ResponseHead): void;
  /**
   * Changes the header lines that go to the client, for this exchange alone; rules as in `RequestView`. What is too large
   * costs the endpoint's answer its place: the client gets a 500 `edit-too-large`.
   */
  edit(edits: readonly HeaderEdit[]): void;
  /** It does not go out: the client gets this error of ours in its place. What steps before have done is void. */
  refuse(fault: Fault): void;
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
  /** Breaks the answer off: an error while nothing of it has left, else a cut connection. Nothing follows. */
  fail(fault: Fault): void;
}
