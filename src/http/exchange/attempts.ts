/** Attempts: the picking of an endpoint, and the sending of the request. */
import { FAULTS } from '../../core/errors.ts';
import { FIT } from '../../core/health/trial-word.ts';
import type { HedgeDelay } from '../../core/resilience/hedge-delay.ts';
import type { Attempt } from '../attempt.ts';
import type { Admission, Queued } from '../../upstream/admission.ts';
import { MOST_PICKS, Picking, acquireEndpoint } from '../../upstream/choosing.ts';
import { LEASE_ANY, LEASE_FRESH, LEASE_PROVED } from '../../upstream/waiter.ts';
import type { LeaseWant } from '../../upstream/waiter.ts';
import { isBound } from '../binding.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint, HttpPool, UpstreamStream } from '../stream.ts';
import { ownLines } from './edit-request.ts';
import { answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { holdOrAnswer } from './hold.ts';
import { isBehindOthers, waitForPlace } from './queue.ts';
import { watchEndpoint } from './slow-peers.ts';
import { AWAITING, CONNECTING, SENDING, WAITING } from './states.ts';
import { pickTrial } from './trials.ts';

/** How long a client that waits for 100 is left waiting for the endpoint's; then it gets ours. */
const CONTINUE_MS = 1000;

const picking = new Picking();

export function startAttempt(exchange: Exchange): void {
  const { pool } = (exchange.request as OutgoingRequest).route;
  // Whoever is held already came first.
  const isBehindHeld = pool.holding.isHolding && !exchange.wasHeld && !staysAtDraining(exchange, pool);
  if (pool.admission !== null && !isBehindHeld) {
    askForPlace(exchange, pool, pool.admission);
    return;
  }
  const endpoint = isBehindHeld ? null : pickEndpoint(exchange, pool);
  if (endpoint === null) holdOrAnswer(exchange, FAULTS.noEndpoint);
  else beginAttempt(exchange, endpoint);
}

/** Whether a request goes to its own endpoint, which drains: none of those that wait could go there. */
function staysAtDraining(exchange: Exchange, pool: HttpPool): boolean {
  return hasBinding(exchange) && pool.staysAtDraining(pickingFor(exchange, pool));
}

/** Only limits keep it from an endpoint: one that anybody may be sent to, or its own. */
export function hasOnlyToWait(exchange: Exchange, pool: HttpPool): boolean {
  return pool.isFull(exchange.refused, exchange.wait.rank) || isOwnFull(exchange, pool);
}

/** Its own endpoint is full, and it waits for no other. */
export function isHomeFull(exchange: Exchange, pool: HttpPool): boolean {
  if (!hasBinding(exchange)) return false;
  const request = pickingFor(exchange, pool);
  return pool.homeOf(request) >= 0 && pool.isFullForBound(request);
}

/** Which endpoint it waits for, should it have to. Where as many wait already as may, it does without its own. */
export function chooseHome(exchange: Exchange, pool: HttpPool, admission: Admission<Queued>): void {
  const { wait } = exchange;
  wait.homeSlot = -1;
  if (!hasBinding(exchange)) return;
  const request = pickingFor(exchange, pool);
  const home = pool.homeOf(request);
  if (home < 0) return;
  const { maxWaiting } = pool.spec.queue;
  wait.isSpilled = wait.formerMs === 0 && pool.isFullForBound(request) && !admission.hasRoom(maxWaiting);
  if (!wait.isSpilled) wait.homeSlot = pool.endpoints[home].slot;
}

/** Only limits keep it from the endpoint that it is bound to. */
function isOwnFull(exchange: Exchange, pool: HttpPool): boolean {
  return hasBinding(exchange) && pool.isFullForBound(pickingFor(exchange, pool));
}

function hasBinding({ request }: Exchange): boolean {
  return (request as OutgoingRequest).binding !== null;
}

/** In a pool with limits: a place at once where there is one and nobody comes first, else in turn. */
function askForPlace(exchange: Exchange, pool: HttpPool, admission: Admission<Queued>): void {
  chooseHome(exchange, pool, admission);
  const isApart = (admission.isAnyoneWaiting || pool.holding.isHolding) && staysAtDraining(exchange, pool);
  let isFull = isBehindOthers(exchange, admission, isApart) || (isApart && isOwnFull(exchange, pool));
  for (let looks = 0; looks < MOST_PICKS && !isFull; looks++) {
    const endpoint = pickEndpoint(exchange, pool);
    if (endpoint !== null) {
      beginAttempt(exchange, endpoint);
      return;
    }
    // Other threads give places back, and take them, while one is looked for.
    isFull = hasOnlyToWait(exchange, pool);
  }
  if (isFull) waitForPlace(exchange, admission);
  else holdOrAnswer(exchange, FAULTS.noEndpoint);
}

/** At an endpoint that {@link pickEndpoint} has acquired. */
export function beginAttempt(exchange: Exchange, endpoint: HttpEndpoint): void {
  const request = exchange.request as OutgoingRequest;
  const now = exchange.host.now();
  exchange.record.endpoint = endpoint.spec.id;
  exchange.record.queuedUntil = now;
  const attempt = exchange.nextAttempt();
  exchange.attempt = attempt;
  exchange.state = CONNECTING;
  attempt.begin(endpoint, wantOf(exchange, request), now);
  // With an idle connection at hand the head has gone out by now.
  if (attempt.isWaiting) {
    exchange.state = WAITING;
    if (!exchange.wait.enter()) {
      answerFull(exchange);
      return;
    }
  }
  exchange.armAttemptTimer();
  if (exchange.state === CONNECTING || exchange.state === WAITING)
    exchange.host.wheel.arm(exchange.responseTimer, exchange.timeouts.connectMs);
}

/**
 * An endpoint that this exchange has not been sent to, while there is one, and never one that has refused it. It is
 * acquired: an attempt begins there now, or the caller releases it. Null: there is none.
 */
export function pickEndpoint(exchange: Exchange, pool: HttpPool): HttpEndpoint | null {
  if (pool.isTrialDue) {
    const onTrial = pickTrial(exchange, pool, pickingFor(exchange, pool));
    if (onTrial !== null) return onTrial;
  }
  const endpoint = acquireEndpoint(pool, aim(exchange, pool), exchange.tried, exchange.refused);
  if (endpoint !== null) return endpoint;
  // It would be answered with an error: then it is as good a probe as any.
  if (pool.isTrialDue && pool.isBroken && !pool.isFull())
    return pickTrial(exchange, pool, pickingFor(exchange, pool), FIT);
  return null;
}

function pickingFor(exchange: Exchange, pool: HttpPool): Picking {
  return aim(exchange, pool).without(exchange.tried, pool);
}

function aim(exchange: Exchange, pool: HttpPool): Picking {
  const { key, policy, binding } = exchange.request as OutgoingRequest;
  picking.key = key;
  picking.policy = policy;
  picking.bound = binding === null ? -1 : pool.boundBy(binding.cookie.value);
  picking.isByAddress = binding?.isByAddress === true && picking.bound < 0;
  picking.isSpilled = exchange.wait.isSpilled;
  picking.rank = exchange.wait.rank;
  return picking;
}

export function wantOf(exchange: Exchange, request: OutgoingRequest): LeaseWant {
  if (exchange.isStaleMet) return LEASE_FRESH;
  return request.isRepeatable ? LEASE_ANY : LEASE_PROVED;
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
  stream.sendHead(request, exchange.record.requestId, ownLines(exchange));
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
    exchange.resumeClient();
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
  const { hedge } = (exchange.request as OutgoingRequest).route;
  if (hedge !== null) armHedge(exchange, hedge, now);
}

/** A second attempt may begin later, beside this one: of what may be sent twice, once an exchange. */
function armHedge(exchange: Exchange, hedge: HedgeDelay, now: number): void {
  if (exchange.isRacing || exchange.hasRaced) return;
  const { isRepeatable, isUpgrade, binding } = exchange.request as OutgoingRequest;
  if (binding !== null && isBound(binding)) return;
  if (!isRepeatable || isUpgrade || !exchange.isReplayable(true)) return;
  const ms = hedge.at(now, exchange.host.routeTable);
  if (ms === 0) return;
  exchange.isRacing = true;
  exchange.host.wheel.arm(exchange.retryTimer, ms);
}

function sendKept(exchange: Exchange): void {
  const { kept } = exchange;
  const request = exchange.request as OutgoingRequest;
  (exchange.attempt as Attempt).sendBody(kept.buffer, kept.start, kept.end);
  if (!request.isRepeatable || kept.length > request.route.spec.retry.replayBytes) exchange.stopKeeping();
}
