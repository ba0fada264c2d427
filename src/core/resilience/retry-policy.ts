/**
 * Whether a failed attempt may be followed by another (RFC 9110 9.2.2), in pure functions. The first line that fits
 * decides:
 *
 * | what happened                                                        | decision                                |
 * | -------------------------------------------------------------------- | --------------------------------------- |
 * | a byte of a response has been seen, or the body cannot be sent again  | no                                      |
 * | a reused connection was found closed before anything was written      | replace: its normal end, no failure     |
 * | connect refused, or the endpoint unreachable                          | move, with `retryOn: connect`           |
 * | its certificate is not accepted, or TLS cannot be set up              | the same                                |
 * | `attempts` are used up                                                | no                                      |
 * | connect too slow                                                      | now, with `retryOn: connect`            |
 * | closed or reset before anything was written                           | now, with `retryOn: reset`              |
 * | anything after something was written, of a request not to be repeated | no: never a second POST                 |
 * | closed or reset on a reused connection                                | now, with `retryOn: reset`              |
 * | the same on a new connection                                          | after a backoff, with `retryOn: reset`  |
 * | it took too long to answer, or to take the request                    | after a backoff, with `retryOn: timeout` |
 * | anything else: a malformed answer, a want of our own                  | no                                      |
 *
 * `replace` and `move` are no retries: nothing has been sent, so they count neither as attempts nor against the budget.
 *
 * On a reused connection the retry does not wait, because the cause is most likely that the server's keep-alive timeout
 * ran out at that very moment, which says nothing against the server; a backoff is for a server in trouble.
 */
import type { Random } from '../random.ts';
import type { RetrySpec } from '../snapshot.ts';

export type RetryDecision = 'no' | 'replace' | 'move' | 'now' | 'backoff';

/** So many refused connects an exchange moves on from. */
export const MOST_MOVES = 16;

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
   * Why: `refused`, `unreachable`, `certificate-rejected`, `tls-failed`, `connect-timeout`, `closed`, `reset`, `endpoint-removed` (by us, which is a reset as
   * well), `timeout`, `write-timeout`, or anything else, which is never retried.
   */
  readonly failure: string;
  /** Something of the request was written. */
  readonly isSent: boolean;
  /** Its connection had carried a message before. */
  readonly wasReused: boolean;
  /** Some of a response has been seen. */
  readonly hasAnswered: boolean;
  /** Its number among the attempts of its exchange that count, from 1 on. */
  readonly number: number;
  /** All of the request's body that was read so far can still be sent. */
  readonly isReplayable: boolean;
}

/** `isRepeatable`: its method, or an Idempotency-Key, allows another try after it was sent. */
export interface RetriedRequest {
  readonly isRepeatable: boolean;
}

/** The connection has ended: a server that wants a certificate may say so when the request has been sent. */
const CUTS: ReadonlySet<string> = new Set(['closed', 'reset', 'endpoint-removed', 'tls-failed']);

function isNoConnect(failure: string): boolean {
  return (
    failure === 'refused' || failure === 'unreachable' || failure === 'certificate-rejected' || failure === 'tls-failed'
  );
}

/** Decides after an attempt failed. */
export function mayRetry(attempt: FailedAttempt, request: RetriedRequest, spec: RetrySpec): RetryDecision {
  const { failure, isSent, wasReused } = attempt;
  if (attempt.hasAnswered || !attempt.isReplayable) return 'no';
  const isCut = CUTS.has(failure);
  if (isCut && wasReused && !isSent) return 'replace';
  if (isNoConnect(failure) && !isSent) return spec.onConnect ? 'move' : 'no';
  if (attempt.number >= spec.attempts) return 'no';
  if (failure === 'connect-timeout') return spec.onConnect ? 'now' : 'no';
  if (!isCut && failure !== 'timeout' && failure !== 'write-timeout') return 'no';
  if (isCut ? !spec.onReset : !spec.onTimeout) return 'no';
  if (!isSent) return 'now';
  if (!request.isRepeatable) return 'no';
  return isCut && wasReused ? 'now' : 'backoff';
}

/** Decides on the head of an answer whose status is one of `statuses`: of it, nothing has gone to the client. */
export function mayRetryAnswer(
  attempt: Pick<FailedAttempt, 'number' | 'isReplayable'>,
  request: RetriedRequest,
  spec: RetrySpec,
): boolean {
  return attempt.number < spec.attempts && request.isRepeatable && attempt.isReplayable;
}

/**
 * How long to wait before a retry, in ms: uniform in [0, `backoff` × 2ⁿ), at most `maxBackoff`, where n is `attempt`,
 * the number of attempts already made. Spread over the whole range ("full jitter": Brooker 2015, "Exponential backoff
 * and jitter"), so that what failed together does not return together.
 */
export function backoffMs(
  attempt: number,
  spec: Pick<RetrySpec, 'backoffMs' | 'maxBackoffMs'>,
  random: Random,
): number {
  return random.next() * Math.min(spec.maxBackoffMs, spec.backoffMs * 2 ** attempt);
}
