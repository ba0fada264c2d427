/** An answer of ours that is no error: what a step says in place of an endpoint. */
import { BODY_LENGTH, BODY_NONE, ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { AnswerContent } from '../steps/step.ts';
import type { Exchange } from './exchange.ts';
import type { ResponseSource } from './source.ts';
import { ON_RESPONSE, ON_RESPONSE_BYTES, ON_RESPONSE_END } from './states.ts';

/** Statuses that have neither a body nor a length. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

class OwnAnswer implements ResponseSource {
  readonly response: ResponseHead;
  readonly trailers = '';

  constructor({ status, reason, lines, body }: AnswerContent, method: string) {
    const head = new ResponseHead();
    const hasLength = !BODILESS.has(status);
    head.status = status;
    head.reason = reason;
    head.lines = hasLength ? `${lines}Content-Length: ${body.length}\r\n` : lines;
    head.bodyKind = hasLength && method !== 'HEAD' ? BODY_LENGTH : BODY_NONE;
    head.contentLength = head.bodyKind === BODY_LENGTH ? body.length : 0;
    head.isOurs = true;
    this.response = head;
  }

  answered(): void {}
  succeeded(): void {}
  // It is given out in one piece, which the connection keeps until the client has taken it.
  pauseBody(): void {}
  resumeBody(): void {}
  complete(): void {}
  abandon(): void {}
  blame(): void {}
}

/** Answers the request that is being decided on. */
export function giveAnswer(exchange: Exchange, content: AnswerContent): void {
  const { head } = exchange.request as OutgoingRequest;
  const answer = new OwnAnswer(content, head.method);
  if (content.remark !== undefined) exchange.remark = content.remark;
  const { contentLength } = answer.response;
  exchange.dispatch(ON_RESPONSE, answer);
  // Where the client's connection broke under it, the exchange is over, and may be another request's.
  if (contentLength > 0 && exchange.source === answer)
    exchange.dispatchBytes(ON_RESPONSE_BYTES, answer, content.body, 0, contentLength);
  if (exchange.source === answer) exchange.dispatch(ON_RESPONSE_END, answer);
}
