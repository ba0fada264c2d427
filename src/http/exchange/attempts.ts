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

export function startAttempt(exchange: Exchange): void {
  const request = exchange.request as OutgoingRequest;
  const { pool } = request.route;
  picking.tried = exchange.tried.length === 0 ? null : indexesOf(exchange.tried, pool.endpoints);
  const index = pool.pick(picking);
  if (index < 0) {
    answerFault(exchange, FAULTS.noEndpoint);
    return;
  }
  const endpoint = pool.endpoints[index];
  const now = exchange.host.now();
  exchange.record.endpoint = endpoint.spec.id;
  exchange.record.queuedUntil = now;
  const attempt = exchange.nextAttempt();
  exchange.state = CONNECTING;
  attempt.begin(endpoint, wantOf(exchange, request), now);
  // With an idle connection at hand the head has gone out by now.
  if (attempt.isWaiting) {
    exchange.state = WAITING;
    if (!exchange.enterQueue()) {
      answerFull(exchange);
      return;
    }
  }
  exchange.armAttemptTimer();
  if (exchange.state === CONNECTING || exchange.state === WAITING)
    exchange.host.wheel.arm(exchange.responseTimer, exchange.timeouts.connectMs);
}

function wantOf(exchange: Exchange, request: OutgoingRequest): LeaseWant {
  if (exchange.isStaleMet) return LEASE_FRESH;
  return request.isRepeatable ? LEASE_ANY : LEASE_PROVED;
}

/** Worked out anew for each retry: the pool may have changed since the last one. */
function indexesOf(tried: readonly HttpEndpoint[], endpoints: readonly HttpEndpoint[]): readonly number[] {
  return tried.map((endpoint) => endpoints.indexOf(endpoint)).filter((index) => index >= 0);
}

/** *connecting* × ready */
export function sendRequest(exchange: Exchange): void {
  const request = exchange.request as OutgoingRequest;
  const attempt = exchange.attempt as Attempt;
  const stream = attempt.stream as UpstreamStream;
  const { wheel } = exchange.host;
  exchange.record.connectedAt =
    exchange.record.queuedUntil === 0 || stream.isReused ? exchange.record.queuedUntil : exchange.host.now();
  attempt.isSent = true;
  stream.sendHead(request, exchange.record.requestId);
  exchange.state = SENDING;
  if (exchange.kept.length > 0) sendKept(exchange);
  if (exchange.isRequestEnded) {
    stream.sendEnd(exchange.requestTrailers);
    exchange.state = AWAITING;
  }
  // With a reused connection this runs within the client's burst, and body and end are about to follow.
  if (!exchange.isBurst) stream.flush();
  if (exchange.isRequestEnded) {
    awaitResponse(exchange, stream);
    return;
  }
  wheel.disarm(exchange.responseTimer);
  if (stream.isBlocked) {
    exchange.pauseClient();
    watchEndpoint(exchange);
  } else if (exchange.isContinueOwed) {
    // The client sends nothing until somebody has told it to.
    wheel.disarm(exchange.requestTimer);
    wheel.arm(exchange.responseTimer, Math.min(CONTINUE_MS, exchange.timeouts.responseHeadMs));
  } else {
    wheel.arm(exchange.requestTimer, exchange.timeouts.requestBodyIdleMs);
    exchange.resumeClient();
  }
}

/** The request is complete: once its last byte has left, the time for the response runs, all attempts together. */
export function awaitResponse(exchange: Exchange, stream: UpstreamStream): void {
  const { wheel } = exchange.host;
  if (stream.isBlocked) {
    wheel.disarm(exchange.responseTimer);
    watchEndpoint(exchange);
    return;
  }
  wheel.disarm(exchange.requestTimer);
  const now = exchange.host.now();
  if (exchange.awaitingSince === 0) exchange.awaitingSince = now;
  wheel.arm(exchange.responseTimer, Math.max(0, exchange.awaitingSince + exchange.timeouts.responseHeadMs - now));
}

function sendKept(exchange: Exchange): void {
  const { kept } = exchange;
  const request = exchange.request as OutgoingRequest;
  (exchange.attempt as Attempt).sendBody(kept.buffer, kept.start, kept.end);
  if (!request.isRepeatable || kept.length > request.route.pool.spec.retry.replayBytes) exchange.stopKeeping();
}

/** *connecting*, *sending*, *awaiting* × failed: a next attempt, or our answer. */
export function attemptFailed(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  const { failure } = attempt;
  const request = exchange.request as OutgoingRequest;
  const { pool } = request.route;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const wasReused = attempt.wasReused;
  // The normal end of a reused keep-alive connection says nothing about the endpoint.
  const isStale = wasReused && !attempt.hasAnswered && (failure === 'closed' || failure === 'reset');
  if (!BLAMELESS.has(failure) && !isStale && exchange.isRequestJudged) attempt.blame(failure);
  attempt.abandon();
  exchange.attempt = null;
  // What waited for that endpoint to take bytes waits no longer.
  if (exchange.isRequestEnded || exchange.isClientPaused) exchange.host.wheel.disarm(exchange.requestTimer);
  const decision = mayRetry(attempt, request, pool.spec.retry);
  if (decision === 'no') {
    answerFault(exchange, FAILURE_ANSWERS[failure], attempt.rule);
    return;
  }
  if (isStale) exchange.isStaleMet = true;
  else exchange.tried.push(endpoint);
  endpoint.count(COUNTER_RETRIES, 1);
  exchange.host.routeTable.count(request.route.spec.slot, ROUTE_RETRIES, 1);
  if (decision === 'now') {
    startAttempt(exchange);
    return;
  }
  exchange.state = BETWEEN;
  exchange.host.wheel.disarm(exchange.responseTimer);
  exchange.host.wheel.arm(exchange.retryTimer, backoffMs(exchange.attemptCount, exchange.host.random));
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
  (exchange.attempt as Attempt).abandon();
  exchange.attempt = null;
  exchange.attemptCount--;
  exchange.leaveQueue();
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
