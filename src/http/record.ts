import type { ConnectionFacts } from '../net/transport.ts';
import type { RequestHead } from './head.ts';

/**
 * What one exchange was: filled as it goes, preallocated and reused. Counters, access log, traces and
 * `explain` read it and nothing else. Times are milliseconds of the monotonic clock, 0 where a step was
 * not reached.
 */
export class ExchangeRecord {
  /** The request's head was complete. */
  arrivedAt = 0;
  /** An endpoint was chosen and a place for the attempt was there. */
  queuedUntil = 0;
  /** The connection that carried the last attempt was there. */
  connectedAt = 0;
  /** First byte of the endpoint's final response. */
  firstByteAt = 0;
  /** The exchange ended. */
  endedAt = 0;
  /** Body bytes of the request and of the response. */
  bytesIn = 0;
  bytesOut = 0;
  listener = '';
  route = '';
  pool = '';
  endpoint = '';
  attempts = 0;
  /** Status that went to the client, 0 where none did. */
  status = 0;
  /** Reason code of an answer of ours or of a broken end, else `''`. */
  reason = '';
  /** What the last attempt failed of: a code of the system (`ECONNREFUSED`), the rule that an answer broke; else `''`. */
  cause = '';
  requestId = '';
  /** The client's address, seen through the proxies that are trusted. */
  client = '';
  /** What users' own steps keep of it for one another; null: nothing so far. */
  state: Record<string, unknown> | null = null;
  /** The request this is about; borrowed until the exchange ends. */
  head: RequestHead | null = null;
  /** Of the client's connection; borrowed likewise. */
  facts: ConnectionFacts | null = null;

  begin(now: number, listener: string, facts: ConnectionFacts, head: RequestHead): void {
    this.arrivedAt = now;
    this.queuedUntil = 0;
    this.connectedAt = 0;
    this.firstByteAt = 0;
    this.endedAt = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.listener = listener;
    this.route = '';
    this.pool = '';
    this.endpoint = '';
    this.attempts = 0;
    this.status = 0;
    this.reason = '';
    this.cause = '';
    this.requestId = '';
    this.client = '';
    this.state = null;
    this.head = head;
    this.facts = facts;
  }
}
