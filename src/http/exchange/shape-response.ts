/** What the steps of a route make of an answer: header lines of its own, and what its body goes through. */
import { without } from '../../core/http/header-lines.ts';
import { BODY_CHUNKED, BODY_NONE, ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ExchangeRecord } from '../record.ts';
import type { BodySink, BodyTransform, ResponseView, Step } from '../steps/step.ts';
import type { ClientStream } from '../stream.ts';
import type { Exchange } from './exchange.ts';

const LENGTH: ReadonlySet<string> = new Set(['content-length']);

class ShapedResponse implements ResponseView {
  readonly record: ExchangeRecord;
  readonly request: OutgoingRequest;
  readonly response: ResponseHead;
  lines = '';

  constructor(exchange: Exchange, response: ResponseHead) {
    this.record = exchange.record;
    this.request = exchange.request as OutgoingRequest;
    this.response = response;
  }

  addLines(lines: string): void {
    this.lines += lines;
  }
}

class ClientSink implements BodySink {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  write(buffer: Buffer, start: number, end: number): void {
    this.#exchange.record.bytesOut += end - start;
    (this.#exchange.client as ClientStream).sendBody(buffer, start, end);
  }

  end(trailers: string): void {
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
}

/**
 * Asks the steps in the order in which answers pass. A head whose body is transformed is another one: its length is not
 * known any more.
 */
export function shapeResponse(
  exchange: Exchange,
  response: ResponseHead,
  steps: readonly Step[],
): { readonly head: ResponseHead; readonly lines: string } {
  const shaped = new ShapedResponse(exchange, response);
  const transforms: BodyTransform[] = [];
  for (const step of steps) {
    step.onResponse?.(shaped);
    const transform = response.bodyKind === BODY_NONE ? null : (step.transform?.(shaped) ?? null);
    if (transform !== null) transforms.push(transform);
  }
  if (transforms.length === 0) return { head: response, lines: shaped.lines };
  exchange.sink = transforms.reduceRight<BodySink>(
    (next, transform) => new TransformSink(transform, next),
    new ClientSink(exchange),
  );
  return { head: withoutLength(response), lines: shaped.lines };
}

function withoutLength(response: ResponseHead): ResponseHead {
  const head = new ResponseHead();
  Object.assign(head, response, { bodyKind: BODY_CHUNKED, contentLength: 0, encodedFor: null });
  head.lines = without(response.lines, LENGTH);
  return head;
}
