import type { RequestHead, ResponseHead } from './head.ts';
import type { ExchangeRecord } from './record.ts';

/**
 * The four places where a feature looks into an exchange. A route without such a feature has `null` here and
 * pays nothing. Bytes are borrowed until the call returns: a tap that keeps them copies them.
 */
export interface Tap {
  onRequestHead(record: ExchangeRecord, head: RequestHead): void;
  onRequestBody(record: ExchangeRecord, buffer: Buffer, start: number, end: number): void;
  onResponseHead(record: ExchangeRecord, head: ResponseHead): void;
  onResponseBody(record: ExchangeRecord, buffer: Buffer, start: number, end: number): void;
}

/** A route's taps in their order, one array a place; a place nobody asked for is null. */
export interface RouteTaps {
  readonly requestHead: readonly Tap[] | null;
  readonly requestBody: readonly Tap[] | null;
  readonly responseHead: readonly Tap[] | null;
  readonly responseBody: readonly Tap[] | null;
}

export const NO_TAPS: RouteTaps = Object.freeze({
  requestHead: null,
  requestBody: null,
  responseHead: null,
  responseBody: null,
});
