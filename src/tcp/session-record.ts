import type { ConnectionFacts } from '../net/transport.ts';

/**
 * What one session was: filled as it goes; counters and the access log read it and nothing else. Times are milliseconds
 * of the monotonic clock, 0 where a step was not reached.
 */
export class SessionRecord {
  /** The connection was accepted. */
  arrivedAt = 0;
  /** An endpoint was chosen, and a place for the session was there. */
  queuedUntil = 0;
  /** The endpoint has taken the connect. */
  connectedAt = 0;
  /** The first byte from the endpoint. */
  firstByteAt = 0;
  endedAt = 0;
  /** From the client, and to it. */
  bytesIn = 0;
  bytesOut = 0;
  listener = '';
  pool = '';
  endpoint = '';
  attempts = 0;
  /** Why it ended: a reason code, perhaps with more behind a colon. */
  reason = '';
  /** What the last connect failed of: a code of the system (`ECONNREFUSED`), else `''`. */
  cause = '';
  /** The client's address; `''` where no line is written of the session. */
  client = '';
  /** What is known of the client's connection; null where no line is written. */
  facts: ConnectionFacts | null = null;
}

/** Whoever writes down what a session was. */
export interface SessionLog {
  /** The record is borrowed until the call returns. */
  sessionEnded(record: SessionRecord): void;
}
