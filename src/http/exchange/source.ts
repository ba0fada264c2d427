import type { ResponseHead } from '../head.ts';

/**
 * Who an exchange's answer comes from: an attempt at an endpoint, or an answer of our own. Its events carry it
 * (`dispatch(event, source)`), and what they are about stays here: the exchange holds no copy that the next event could
 * overwrite.
 */
export interface ResponseSource {
  /** The head that its last `informational` or `response` was about. */
  readonly response: ResponseHead | null;
  /** Complete with its `responseEnd`. */
  readonly trailers: string;
  /** The head of the final answer has come: what it says of who sent it. */
  answered(now: number): void;
  /** The answer is whole. */
  succeeded(): void;
  /** The client takes no more for now, and takes more again. */
  pauseBody(): void;
  resumeBody(): void;
  /** Both messages are complete. */
  complete(): void;
  /** Nobody wants the rest. */
  abandon(): void;
  /** It failed the exchange, if it is anybody's fault but ours. */
  blame(kind: string): void;
}
