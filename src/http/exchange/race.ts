/**
 * Two attempts at once: the first head wins, its events go on, the other attempt is abandoned. The exchange is *awaiting*
 * all the while: `attempt` is the one that began first, `rival` the other, which has its own place, connection and head,
 * and no say in the state. When one of them fails, the exchange goes on with the one that is left.
 */
import { COUNTER_HEDGES, COUNTER_RESCUES } from '../../core/shared/pool-table.ts';
import { ROUTE_HEDGES, ROUTE_RESCUES } from '../../core/shared/route-table.ts';
import { MOST_MOVES, mayRetry } from '../../core/resilience/retry-policy.ts';
import type { Attempt } from '../attempt.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint, UpstreamStream } from '../stream.ts';
import { awaitResponse, beginAttempt, pickEndpoint, wantOf } from './attempts.ts';
import { ownLines } from './edit-request.ts';
import { answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { countMove, judgeFailure, letGo, takeRetry } from './further-attempts.ts';
import type { ResponseSource } from './source.ts';
import { AWAITING, CONNECTING, ON_RESPONSE, WAITING } from './states.ts';

/**
 * *connecting*, *sending*, *awaiting* × endpointDown: the endpoint is lost. What has written nothing moves, and so does
 * what may be sent again; where the endpoint may still answer, the old attempt stays open beside the new one. Once an
 * exchange, outside `attempts`, inside the budget.
 */
export function rescue(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  const request = exchange.request as OutgoingRequest;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const { lostBy } = endpoint;
  if (lostBy === null || exchange.hasRaced || !request.route.spec.retry.rescue) return;
  if (request.binding?.hasSession === true) return;
  if (attempt.stream !== null && !mayMove(attempt, attempt.stream, request)) return;
  const other = pickOther(exchange, endpoint);
  if (other === null || !mayBegin(exchange, other, endpoint, COUNTER_RESCUES, ROUTE_RESCUES)) return;
  exchange.hasRaced = true;
  exchange.uncounted++;
  const mayAnswer = lostBy === 'silent' || lostBy === 'timeout';
  if (mayAnswer && exchange.state === AWAITING && attempt.stream?.isBlocked === false) {
    beginRival(exchange, other);
    return;
  }
  // It has not got the whole request, or is not there any more: it will not answer.
  letGo(exchange, attempt);
  beginAttempt(exchange, other);
}

function mayMove(attempt: Attempt, stream: UpstreamStream, request: OutgoingRequest): boolean {
  return request.isRepeatable && attempt.isReplayable && !stream.hasAnswered;
}

/** An endpoint that this exchange has been neither at nor is, acquired; null: there is none. */
function pickOther(exchange: Exchange, endpoint: HttpEndpoint): HttpEndpoint | null {
  const { tried } = exchange;
  const { pool } = (exchange.request as OutgoingRequest).route;
  if (!tried.includes(endpoint)) tried.push(endpoint);
  const other = pickEndpoint(exchange, pool);
  if (other === null || !tried.includes(other)) return other;
  pool.release(other);
  return null;
}

/** Whether the budget allows an attempt at `other`, which is acquired, after one at `endpoint`. If not, `other` is released. */
function mayBegin(
  exchange: Exchange,
  other: HttpEndpoint,
  endpoint: HttpEndpoint,
  ...counters: readonly [counter: number, routeCounter: number] | readonly []
): boolean {
  if (takeRetry(exchange, endpoint, ...counters)) return true;
  (exchange.request as OutgoingRequest).route.pool.release(other);
  return false;
}

/** A second attempt beside the one under way. The whole request is kept. */
function beginRival(exchange: Exchange, endpoint: HttpEndpoint): void {
  const { host } = exchange;
  const rival = exchange.nextAttempt();
  exchange.rival = rival;
  exchange.isRacing = true;
  host.wheel.arm(exchange.retryTimer, exchange.timeouts.connectMs);
  rival.begin(endpoint, wantOf(exchange, exchange.request as OutgoingRequest), host.now(), true);
}

/** *awaiting* × rivalReady */
export function sendToRival(exchange: Exchange): void {
  const rival = exchange.rival as Attempt;
  const stream = rival.stream as UpstreamStream;
  const { kept, host } = exchange;
  host.wheel.disarm(exchange.retryTimer);
  rival.isSent = true;
  stream.sendHead(exchange.request as OutgoingRequest, exchange.record.requestId, ownLines(exchange));
  if (kept.length > 0) rival.sendBody(kept.buffer, kept.start, kept.end);
  stream.sendEnd(exchange.requestTrailers);
  stream.flush();
}

/** *awaiting* × rivalResponse: it wins, unless others are tried for such an answer and the first may still give a better one. */
export function rivalAnswered(exchange: Exchange, from: ResponseSource | null): void {
  const rival = from as Attempt;
  const { retriedStatuses } = (exchange.request as OutgoingRequest).route;
  if (retriedStatuses?.has(rival.response?.status ?? 0) === true) {
    rival.answered(exchange.host.now());
    rival.succeeded();
    dropRival(exchange);
    return;
  }
  settleRace(exchange, rival);
  exchange.dispatch(ON_RESPONSE, rival);
}

/** The head of an answer is there: whoever else is on the way is abandoned. */
export function settleRace(exchange: Exchange, winner: ResponseSource): void {
  const { attempt, rival } = exchange;
  if (rival === null) {
    // It was to begin later.
    endRace(exchange);
    return;
  }
  if (winner !== rival) {
    dropRival(exchange);
    return;
  }
  promote(exchange, rival);
  attempt?.abandon();
}

/** The first attempt is gone: the exchange goes on with the other, as far as that has come. */
export function goOnWithRival(exchange: Exchange, rival: Attempt): void {
  const { host } = exchange;
  promote(exchange, rival);
  exchange.armAttemptTimer();
  if (rival.stream !== null) {
    awaitResponse(exchange, rival.stream);
    return;
  }
  exchange.state = rival.isWaiting ? WAITING : CONNECTING;
  if (rival.isWaiting && !exchange.wait.enter()) answerFull(exchange);
  else host.wheel.arm(exchange.responseTimer, exchange.timeouts.connectMs);
}

/** It is the exchange's attempt now. */
function promote(exchange: Exchange, rival: Attempt): void {
  endRace(exchange);
  exchange.attempt = rival;
  rival.isRival = false;
  exchange.record.endpoint = (rival.endpoint as HttpEndpoint).spec.id;
}

function dropRival(exchange: Exchange): void {
  const rival = exchange.rival as Attempt;
  endRace(exchange);
  rival.isRival = false;
  rival.abandon();
}

function endRace(exchange: Exchange): void {
  exchange.host.wheel.disarm(exchange.retryTimer);
  exchange.isRacing = false;
  exchange.rival = null;
}

/** *awaiting* × retryDue: the answer has taken so long that a second attempt begins, or its connect has taken too long. */
export function raceDue(exchange: Exchange): void {
  if (exchange.rival === null) {
    hedge(exchange);
    return;
  }
  // Until it has a place, it is others that it waits for.
  exchange.rival.failure = exchange.rival.isWaiting ? 'queue-timeout' : 'connect-timeout';
  rivalFailed(exchange);
}

/** Outside `attempts`, inside the budget. */
function hedge(exchange: Exchange): void {
  const endpoint = (exchange.attempt as Attempt).endpoint as HttpEndpoint;
  const { pool } = (exchange.request as OutgoingRequest).route;
  exchange.isRacing = false;
  // No request gets a second place while another one waits for its first.
  const other = pool.admission?.isAnyoneWaiting === true ? null : pickOther(exchange, endpoint);
  if (other === null || !mayBegin(exchange, other, endpoint, COUNTER_HEDGES, ROUTE_HEDGES)) return;
  exchange.hasRaced = true;
  exchange.uncounted++;
  beginRival(exchange, other);
}

/** *awaiting* × rivalFailed: another one in its place, as after any failure but without a wait; else the first alone. */
export function rivalFailed(exchange: Exchange): void {
  const rival = exchange.rival as Attempt;
  const endpoint = rival.endpoint as HttpEndpoint;
  const request = exchange.request as OutgoingRequest;
  const isStale = judgeFailure(exchange, rival);
  dropRival(exchange);
  const decision = mayRetry(rival, request, request.route.spec.retry);
  if (decision === 'no') return;
  if (isStale) exchange.isStaleMet = true;
  if (decision === 'move') exchange.refused.push(endpoint);
  if (exchange.refused.length > MOST_MOVES) return;
  const next = isStale ? acquired(endpoint) : pickOther(exchange, endpoint);
  if (next === null) return;
  if (decision === 'move' || decision === 'replace') countMove(exchange, endpoint);
  else if (!mayBegin(exchange, next, endpoint)) return;
  beginRival(exchange, next);
}

function acquired(endpoint: HttpEndpoint): HttpEndpoint | null {
  return endpoint.acquire() ? endpoint : null;
}
