/** Attempts: the picking of an endpoint, the sending of the head, and what follows a failure. */
import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { backoffMs, mayRetry } from '../../core/resilience/retry-policy.ts';
import { COUNTER_RETRIES } from '../../core/shared/pool-table.ts';
import { ROUTE_RETRIES } from '../../core/shared/route-table.ts';
import type { Attempt } from '../attempt.ts';
import { LEASE_ANY, LEASE_FRESH, LEASE_PROVED } from '../../upstream/waiter.ts';
import type { LeaseWant } from '../../upstream/waiter.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint, UpstreamStream } from '../stream.ts';
import { answerFault, answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { watchEndpoint } from './slow-peers.ts';
import { AWAITING, BETWEEN, CONNECTING, SENDING, WAITING } from './states.ts';

/** What an attempt may fail of, and the answer where nothing follows it. */
const FAILURE_ANSWERS: Readonly<Record<Attempt['failure'], Fault>> = {
  refused: FAULTS.connectFailed,
  unreachable: FAULTS.connectFailed,
  'connect-timeout': FAULTS.connectTimeout,
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

/** What says nothing about the endpoint. */
const BLAMELESS: ReadonlySet<Attempt['failure']> = new Set(['queue-timeout', 'local-resources', 'endpoint-removed']);

/** How long a client that waits for 100 is left waiting for the endpoint's; then it gets ours. */
const CONTINUE_MS = 1000;

/** For whom an endpoint is picked, used for one call and then for the next. */
const picking: { tried: readonly number[] | null; key: number } = { tried: null, key: 0 };

export function startAttempt(x: Exchange): void {
  const request = x.request as OutgoingRequest;
  const { pool } = request.route;
  picking.tried = x.tried.length === 0 ? null : indexesOf(x.tried, pool.endpoints);
  const index = pool.pick(picking);
  if (index < 0) {
    answerFault(x, FAULTS.noEndpoint);
    return;
  }
  const endpoint = pool.endpoints[index];
  const now = x.plane.now();
  x.record.endpoint = endpoint.spec.id;
  x.record.queuedUntil = now;
  const attempt = x.nextAttempt();
  x.state = CONNECTING;
  attempt.begin(endpoint, wantOf(x, request), now);
  // With an idle connection at hand the head has gone out by now.
  if (attempt.isWaiting) {
    x.state = WAITING;
    if (!x.enterQueue()) {
      answerFull(x);
      return;
    }
  }
  x.armAttemptTimer();
  if (x.state === CONNECTING || x.state === WAITING) x.plane.wheel.arm(x.responseTimer, x.timeouts.connectMs);
}

function wantOf(x: Exchange, request: OutgoingRequest): LeaseWant {
  if (x.isStaleMet) return LEASE_FRESH;
  return request.isRepeatable ? LEASE_ANY : LEASE_PROVED;
}

/** Worked out anew for each retry: the pool may have changed since the last one. */
function indexesOf(tried: readonly HttpEndpoint[], endpoints: readonly HttpEndpoint[]): readonly number[] {
  return tried.map((endpoint) => endpoints.indexOf(endpoint)).filter((index) => index >= 0);
}

/** *connecting* × ready */
export function sendRequest(x: Exchange): void {
  const request = x.request as OutgoingRequest;
  const attempt = x.attempt as Attempt;
  const stream = attempt.stream as UpstreamStream;
  const { wheel } = x.plane;
  x.record.connectedAt = x.record.queuedUntil === 0 || stream.isReused ? x.record.queuedUntil : x.plane.now();
  attempt.isSent = true;
  stream.sendHead(request, x.record.requestId);
  x.state = SENDING;
  if (x.kept.length > 0) sendKept(x);
  if (x.isRequestEnded) {
    stream.sendEnd(x.requestTrailers);
    x.state = AWAITING;
  }
  // With a reused connection this runs within the client's burst, and body and end are about to follow.
  if (!x.isBurst) stream.flush();
  if (x.isRequestEnded) {
    awaitResponse(x, stream);
    return;
  }
  wheel.disarm(x.responseTimer);
  if (stream.isBlocked) {
    x.pauseClient();
    watchEndpoint(x);
  } else if (x.isContinueOwed) {
    // The client sends nothing until somebody has told it to.
    wheel.disarm(x.requestTimer);
    wheel.arm(x.responseTimer, Math.min(CONTINUE_MS, x.timeouts.responseHeadMs));
  } else {
    wheel.arm(x.requestTimer, x.timeouts.requestBodyIdleMs);
    x.resumeClient();
  }
}

/** The request is complete: once its last byte has left, the time for the response runs, all attempts together. */
export function awaitResponse(x: Exchange, stream: UpstreamStream): void {
  const { wheel } = x.plane;
  if (stream.isBlocked) {
    wheel.disarm(x.responseTimer);
    watchEndpoint(x);
    return;
  }
  wheel.disarm(x.requestTimer);
  const now = x.plane.now();
  if (x.awaitingSince === 0) x.awaitingSince = now;
  wheel.arm(x.responseTimer, Math.max(0, x.awaitingSince + x.timeouts.responseHeadMs - now));
}

function sendKept(x: Exchange): void {
  const { kept } = x;
  const request = x.request as OutgoingRequest;
  (x.attempt as Attempt).sendBody(kept.buffer, kept.start, kept.end);
  if (!request.isRepeatable || kept.length > request.route.pool.spec.retry.replayBytes) x.stopKeeping();
}

/** *connecting*, *sending*, *awaiting* × failed: a next attempt, or our answer. */
export function attemptFailed(x: Exchange): void {
  const attempt = x.attempt as Attempt;
  const { failure } = attempt;
  const request = x.request as OutgoingRequest;
  const { pool } = request.route;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const wasReused = attempt.wasReused;
  // The normal end of a reused keep-alive connection says nothing about the endpoint.
  const isStale = wasReused && !attempt.hasAnswered && (failure === 'closed' || failure === 'reset');
  if (!BLAMELESS.has(failure) && !isStale && x.isRequestJudged) attempt.blame(failure);
  attempt.abandon();
  x.attempt = null;
  // What waited for that endpoint to take bytes waits no longer.
  if (x.isRequestEnded || x.isClientPaused) x.plane.wheel.disarm(x.requestTimer);
  const decision = mayRetry(attempt, request, pool.spec.retry);
  if (decision === 'no') {
    answerFault(x, FAILURE_ANSWERS[failure], attempt.rule);
    return;
  }
  if (isStale) x.isStaleMet = true;
  else x.tried.push(endpoint);
  endpoint.count(COUNTER_RETRIES, 1);
  x.plane.routeTable.count(request.route.spec.slot, ROUTE_RETRIES, 1);
  if (decision === 'now') {
    startAttempt(x);
    return;
  }
  x.state = BETWEEN;
  x.plane.wheel.disarm(x.responseTimer);
  x.plane.wheel.arm(x.retryTimer, backoffMs(x.attemptCount, x.plane.random));
}

/** *between* × retryDue */
export function retry(x: Exchange): void {
  startAttempt(x);
}

/** *connecting* × responseTimeout */
export function connectTimedOut(x: Exchange): void {
  (x.attempt as Attempt).failure = 'connect-timeout';
  attemptFailed(x);
}

/** *waiting* × responseTimeout: no place in time; another endpoint would not be nearer. */
export function queueTimedOut(x: Exchange): void {
  (x.attempt as Attempt).failure = 'queue-timeout';
  attemptFailed(x);
}

/** *waiting* × endpointDown, endpointGone: nothing has been sent, and another endpoint may have a place. */
export function moveAway(x: Exchange): void {
  (x.attempt as Attempt).abandon();
  x.attempt = null;
  x.attemptCount--;
  startAttempt(x);
}

/** *connecting*, *sending*, *awaiting* × endpointGone: as if it had reset the connection, but nobody's fault. */
export function endpointRemoved(x: Exchange): void {
  const attempt = x.attempt as Attempt;
  const { pool } = (x.request as OutgoingRequest).route;
  // Still in its pool: then that has gone with it, and the others there as well.
  if (pool.endpoints.includes(attempt.endpoint as HttpEndpoint)) {
    answerFault(x, FAULTS.endpointRemoved);
    return;
  }
  attempt.failure = 'endpoint-removed';
  attemptFailed(x);
}
