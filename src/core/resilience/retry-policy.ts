/**
 * Whether a failed attempt may be followed by another (RFC 9110 9.2.2), in one pure function. The first line that
 * fits decides:
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
 * On a reused connection the retry waits for nothing, because what it met is most likely the server's keep-alive
 * timeout running out at that very moment, which says nothing against the server; a backoff is for one that is in
 * trouble.
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

/**
 * Decides after an attempt failed. Positional, since it allocates nothing.
 *
 * @param failure why: `refused`, `unreachable`, `connect-timeout`, `closed`, `reset`, `endpoint-removed` (by us, which is
 *   a reset as well), or anything else, which is never retried
 * @param bytesSent whether anything of the request was written on this attempt
 * @param isReused whether its connection had carried a message before
 * @param responseStarted whether any byte of a final response has been seen
 * @param attemptsMade attempts so far, this one included
 * @param bodyReplayable whether all of the request's body that was read so far can still be sent
 */
export function mayRetry(
  failure: string,
  method: string,
  hasIdempotencyKey: boolean,
  bytesSent: boolean,
  isReused: boolean,
  responseStarted: boolean,
  attemptsMade: number,
  bodyReplayable: boolean,
  spec: RetrySpec,
): RetryDecision {
  if (responseStarted || !bodyReplayable) return 'no';
  const isCut = failure === 'closed' || failure === 'reset' || failure === 'endpoint-removed';
  if (isCut && isReused && !bytesSent) return 'now';
  if (attemptsMade >= spec.attempts) return 'no';
  if (failure === 'refused' || failure === 'unreachable' || failure === 'connect-timeout') {
    return spec.onConnect ? 'now' : 'no';
  }
  if (!isCut || !spec.onReset) return 'no';
  if (!bytesSent) return 'now';
  if (!isIdempotent(method) && !hasIdempotencyKey) return 'no';
  return isReused ? 'now' : 'backoff';
}

/**
 * How long to wait before a retry, in ms: uniform in [0, 25 ms × 2ⁿ), at most 250 ms, where n is `attempt`, the
 * number of attempts already made. Spread over the whole range ("full jitter": Brooker 2015, "Exponential backoff
 * and jitter"), so that what failed together does not return together.
 */
export function backoffMs(attempt: number, random: Random): number {
  return random.next() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
}
