/** What follows an attempt that failed: another one, or our answer. */
import { BUDGET_SPENT, FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { MOST_MOVES, backoffMs, mayRetry, mayRetryAnswer } from '../../core/resilience/retry-policy.ts';
import type { Attempt } from '../attempt.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint } from '../stream.ts';
import { beginAttempt, chooseHome, hasOnlyToWait, pickEndpoint, startAttempt } from './attempts.ts';
import { answerFault } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { countMove, judgeFailure, letGo, takeRetry } from './further-attempts.ts';
import { goOnWithRival } from './race.ts';
import { holdOrAnswer } from './hold.ts';
import { waitForPlace } from './queue.ts';
import { isEndpointStalled } from './slow-peers.ts';
import { AWAITING, BETWEEN } from './states.ts';

/** What an attempt may fail of, and the answer where nothing follows it. */
const FAILURE_ANSWERS: Readonly<Record<Attempt['failure'], Fault>> = {
  refused: FAULTS.connectFailed,
  unreachable: FAULTS.connectFailed,
  'connect-timeout': FAULTS.connectTimeout,
  'certificate-rejected': FAULTS.certificateRejected,
  'tls-failed': FAULTS.tlsFailed,
  reset: FAULTS.upstreamReset,
  closed: FAULTS.upstreamClosed,
  'bad-response': FAULTS.badResponse,
  'unexpected-upgrade': FAULTS.unexpectedUpgrade,
  'queue-timeout': FAULTS.queueTimeout,
  'local-resources': FAULTS.ourResources,
  'endpoint-removed': FAULTS.endpointRemoved,
  timeout: FAULTS.responseTimeout,
  'write-timeout': FAULTS.upstreamWriteTimeout,
};

/** *connecting*, *sending*, *awaiting* × failed: a next attempt, or our answer. */
export function attemptFailed(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  const { failure } = attempt;
  const request = exchange.request as OutgoingRequest;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const isStale = judgeFailure(exchange, attempt);
  letGo(exchange, attempt);
  if (exchange.rival !== null) {
    exchange.tried.push(endpoint);
    goOnWithRival(exchange, exchange.rival);
    return;
  }
  const decision = mayRetry(attempt, request, request.route.spec.retry);
  if (decision !== 'no' && isStale) exchange.isStaleMet = true;
  else exchange.tried.push(endpoint);
  switch (decision) {
    case 'no':
      answerFault(exchange, FAILURE_ANSWERS[failure], attempt.rule);
      return;
    case 'replace':
      countMove(exchange, endpoint);
      startAttempt(exchange);
      return;
    case 'move':
      moveOn(exchange, endpoint, attempt);
      return;
    default:
      if (!takeRetry(exchange, endpoint)) {
        answerFault(exchange, FAILURE_ANSWERS[failure], BUDGET_SPENT);
        return;
      }
      if (decision === 'now') startAttempt(exchange);
      else backOff(exchange);
  }
}

/** There is no connection to be had: another endpoint at once, as far as the bounds for that allow. */
function moveOn(exchange: Exchange, endpoint: HttpEndpoint, { failure, rule, startedAt }: Attempt): void {
  const { refused, host } = exchange;
  if (refused.length === 0) exchange.movingSince = startedAt;
  refused.push(endpoint);
  const isInTime = host.now() - exchange.movingSince < exchange.timeouts.connectMs;
  const next =
    refused.length <= MOST_MOVES && isInTime
      ? pickEndpoint(exchange, (exchange.request as OutgoingRequest).route.pool)
      : null;
  if (next === null) {
    const { pool } = (exchange.request as OutgoingRequest).route;
    if (pool.admission !== null && hasOnlyToWait(exchange, pool)) {
      chooseHome(exchange, pool, pool.admission);
      waitForPlace(exchange, pool.admission);
    } else if (isAnswered(failure) || pool.isReachable(refused)) answerFault(exchange, FAILURE_ANSWERS[failure], rule);
    else holdOrAnswer(exchange, FAULTS.connectFailed);
    return;
  }
  countMove(exchange, endpoint);
  beginAttempt(exchange, next);
}

/** It is there, and no waiting makes it another one. */
function isAnswered(failure: Attempt['failure']): boolean {
  return failure === 'certificate-rejected' || failure === 'tls-failed';
}

function backOff(exchange: Exchange): void {
  const { host } = exchange;
  const made = exchange.attemptCount - exchange.uncounted;
  exchange.state = BETWEEN;
  host.wheel.disarm(exchange.responseTimer);
  const { retry } = (exchange.request as OutgoingRequest).route.spec;
  host.wheel.arm(exchange.retryTimer, backoffMs(made, retry, host.random));
}

/** The answer has a status of `retryOn`. True: it goes to nobody, another attempt follows. */
export function retryAnswer(exchange: Exchange): boolean {
  const attempt = exchange.attempt as Attempt;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const request = exchange.request as OutgoingRequest;
  if (exchange.rival !== null) {
    attempt.succeeded();
    letGo(exchange, attempt);
    exchange.tried.push(endpoint);
    goOnWithRival(exchange, exchange.rival);
    return true;
  }
  if (!mayRetryAnswer(attempt, request, request.route.spec.retry)) return false;
  if (!takeRetry(exchange, endpoint)) {
    exchange.remark = BUDGET_SPENT;
    return false;
  }
  // Unless that status counts against it, it has answered as it should.
  attempt.succeeded();
  letGo(exchange, attempt);
  exchange.tried.push(endpoint);
  backOff(exchange);
  return true;
}

/** *awaiting* × attemptTimeout: another one may be faster. */
export function attemptTooSlow(exchange: Exchange): void {
  (exchange.attempt as Attempt).failure = 'timeout';
  attemptFailed(exchange);
}

/** *between* × retryDue */
export function retry(exchange: Exchange): void {
  startAttempt(exchange);
}

/** *connecting* × responseTimeout */
export function connectTimedOut(exchange: Exchange): void {
  (exchange.attempt as Attempt).failure = 'connect-timeout';
  attemptFailed(exchange);
}

/** *waiting* × responseTimeout: no place in time; another endpoint would not be nearer. */
export function queueTimedOut(exchange: Exchange): void {
  (exchange.attempt as Attempt).failure = 'queue-timeout';
  attemptFailed(exchange);
}

/** *waiting* × endpointDown, endpointGone: nothing has been sent, and another endpoint may have a place. */
export function moveAway(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const { binding, route } = exchange.request as OutgoingRequest;
  // No other one knows its session, unless this one is gone for good.
  if (binding?.hasSession === true && route.pool.endpoints.includes(endpoint)) return;
  attempt.abandon();
  exchange.attempt = null;
  countMove(exchange, endpoint);
  exchange.wait.leave();
  startAttempt(exchange);
}

/** *connecting*, *sending*, *awaiting* × endpointGone: as if it had reset the connection, but nobody's fault. */
export function endpointRemoved(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  const { pool } = (exchange.request as OutgoingRequest).route;
  // Still in its pool: then that has gone with it, and the others there as well.
  if (pool.endpoints.includes(attempt.endpoint as HttpEndpoint)) {
    answerFault(exchange, FAULTS.endpointRemoved);
    return;
  }
  attempt.failure = 'endpoint-removed';
  attemptFailed(exchange);
}

/** × requestTimeout before any answer: the client sends no body, or the endpoint takes none. */
export function requestSlow(exchange: Exchange): void {
  const stream = exchange.attempt === null ? null : exchange.attempt.stream;
  if (stream !== null && (stream.isBlocked || exchange.state === AWAITING)) {
    if (stream.isBlocked && !isEndpointStalled(exchange)) return;
    (exchange.attempt as Attempt).failure = 'write-timeout';
    attemptFailed(exchange);
    return;
  }
  answerFault(exchange, FAULTS.requestTimeout);
}
