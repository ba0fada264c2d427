/**
 * Whether a failed attempt may be followed by another (RFC 9110 9.2.2), in one pure function. The first line that
 * applies decides:
 *
 * | what happened                                                       | decision                          |
 * | ------------------------------------------------------------------- | --------------------------------- |
 * | a byte of a response has been seen, or the body cannot be sent again | no                               |
 * | a reused connection was found closed before anything was written     | now: its normal end, no failure; outside `attempts` and `retryOn` |
 * | `attempts` are used up                                               | no                               |
 * | connect refused, unreachable or too slow                             | now, with `retryOn: connect`      |
 * | closed or reset before anything was written                          | now, with `retryOn: reset`        |
 * | closed or reset after, of a request that must not be repeated        | no: never a second POST           |
 * | the same of one that may be, on a reused connection                  | now, with `retryOn: reset`        |
 * | the same on a new connection                                         | after a backoff, with `retryOn: reset` |
 * | anything else: timeouts, a malformed answer, a want of our own       | no                               |
 *
 * On a reused connection the retry does not wait, because the cause is most likely that the server's keep-alive timeout
 * ran out at that very moment, which says nothing against the server; a backoff is for a server in trouble.
 */
import type { Random } from '../random.ts';
import type { RetrySpec } from '../snapshot.ts';

export type RetryDecision = 'no' | 'now' | 'backoff';

const BACKOFF_BASE_MS = 25;
const BACKOFF_CAP_MS = 250;

/** Methods that may be sent twice (RFC 9110 9.2.2); names are case-sensitive. */
export function isIdempotent(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'TRACE':
    case 'PUT':
    case 'DELETE':
      return true;
    default:
      return false;
  }
}

/** What the decision depends on. */
export interface FailedAttempt {
  /**
   * Why: `refused`, `unreachable`, `connect-timeout`, `closed`, `reset`, `endpoint-removed` (by us, which is a reset as
   * well), or anything else, which is never retried.
   */
  readonly failure: string;
  /** Something of the request was written. */
  readonly isSent: boolean;
  /** Its connection had carried a message before. */
  readonly wasReused: boolean;
  /** Some of a response has been seen. */
  readonly hasAnswered: boolean;
  /** Its number within the exchange, from 1 on. */
  readonly number: number;
  /** All of the request's body that was read so far can still be sent. */
  readonly isReplayable: boolean;
}

/** `isRepeatable`: its method, or an Idempotency-Key, allows another try after it was sent. */
export interface RetriedRequest {
  readonly isRepeatable: boolean;
}

/** Decides after an attempt failed. */
export function mayRetry(attempt: FailedAttempt, request: RetriedRequest, spec: RetrySpec): RetryDecision {
  const { failure, isSent, wasReused } = attempt;
  if (attempt.hasAnswered || !attempt.isReplayable) return 'no';
  const isCut = failure === 'closed' || failure === 'reset' || failure === 'endpoint-removed';
  if (isCut && wasReused && !isSent) return 'now';
  if (attempt.number >= spec.attempts) return 'no';
  if (failure === 'refused' || failure === 'unreachable' || failure === 'connect-timeout') {
    return spec.onConnect ? 'now' : 'no';
  }
  if (!isCut || !spec.onReset) return 'no';
  if (!isSent) return 'now';
  if (!request.isRepeatable) return 'no';
  return wasReused ? 'now' : 'backoff';
}

/**
 * How long to wait before a retry, in ms: uniform in [0, 25 ms × 2ⁿ), at most 250 ms, where n is `attempt`, the
 * number of attempts already made. Spread over the whole range ("full jitter": Brooker 2015, "Exponential backoff
 * and jitter"), so that what failed together does not return together.
 */
export function backoffMs(attempt: number, random: Random): number {
  return random.next() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
}
