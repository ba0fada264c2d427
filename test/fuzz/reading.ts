/** What a parser made of a run of bytes, in words that two parsers can be compared by. */

export interface ReadMessage {
  /** Method, target and version, or status, reason and version. */
  readonly start: string;
  /** Header lines that go on to the other side, `Name: value`, in order; without Content-Length. */
  readonly passing: readonly string[];
  /** What was taken out of the head into fields. */
  readonly fields: string;
  /** Decimal text of Content-Length, `''` without one. */
  readonly length: string;
  readonly body: string;
  /** `Name: value` lines behind a chunked body. */
  readonly trailers: readonly string[];
}

export type ReadingEnd =
  /** All bytes belong to messages that were accepted. */
  | 'complete'
  /** The message after the last accepted one is malformed. */
  | 'refused'
  /** The bytes end within a message. */
  | 'incomplete'
  /** Bytes follow a message after which the connection closes. */
  | 'closed'
  /** An upgrade was asked for: what the rest is depends on the answer. */
  | 'upgraded';

export interface Reading {
  /** The messages that were accepted whole, from the first on. */
  readonly messages: readonly ReadMessage[];
  readonly end: ReadingEnd;
  /** The error code of a refusal. */
  readonly why: string;
  /**
   * What left for the endpoint, for the messages that were accepted; null where the driver sends nothing. It
   * is read again, and must mean the same.
   */
  readonly forwarded: Buffer | null;
}

/** A response, its interim ones in front. */
export interface ResponseReading {
  readonly informational: readonly ReadMessage[];
  /** Null where it was not accepted whole. */
  readonly message: ReadMessage | null;
  readonly end: ReadingEnd;
  readonly why: string;
  /** Position behind the message. */
  readonly consumed: number;
}

/**
 * Something that reads messages: our parsers alone (`our-parser.ts`), or later the sessions over a connection
 * in memory, with an endpoint at the other side whose input is `forwarded`. `cuts` are the positions at which
 * the bytes are split into reads.
 */
export interface Driver {
  readRequests(bytes: Buffer, cuts: readonly number[]): Reading | Promise<Reading>;
  readResponse(bytes: Buffer, cuts: readonly number[], method: string): ResponseReading | Promise<ResponseReading>;
}
