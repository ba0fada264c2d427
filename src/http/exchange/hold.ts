/**
 * *held*: there is nothing to try for a request, since no endpoint of its pool may be picked, or each refuses
 * connections. It waits for the pool (`upstream/holding.ts`); its client is not read meanwhile. In the same state are those
 * that wait for a place (`queue.ts`).
 */
import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { QUEUE_TIMED_OUT } from '../../core/shared/queue-counters.ts';
import { ROUTE_BREAKER_OPEN, ROUTE_HELD } from '../../core/shared/route-table.ts';
import { holdLimit } from '../../upstream/holding.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import { answerFault, answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { HELD } from './states.ts';

/** Waits for the pool as long as that makes sense, or answers at once with what it failed of. */
export function holdOrAnswer(exchange: Exchange, fault: Fault): void {
  const { pool } = (exchange.request as OutgoingRequest).route;
  const { maxWaiting, holdMs } = pool.spec.queue;
  const { host } = exchange;
  if (pool.isBroken) {
    exchange.count(ROUTE_BREAKER_OPEN);
    answerFault(exchange, FAULTS.breakerOpen);
    return;
  }
  if (holdMs === 0 || host.isDraining) {
    answerFault(exchange, fault);
    return;
  }
  const now = host.now();
  const { isProved, mostMs } = holdLimit(pool.table, holdMs, host.wallTime());
  if (exchange.heldSince === 0) exchange.heldSince = now;
  const leftMs = exchange.heldSince + mostMs - now;
  exchange.holdFault = isProved ? FAULTS.heldTooLong : fault;
  if (leftMs <= 0) answerFault(exchange, exchange.holdFault);
  else if (!exchange.wait.enter()) answerFull(exchange);
  else if (!pool.holding.enter(exchange, maxWaiting)) answerFault(exchange, FAULTS.queueFull);
  else hold(exchange, leftMs);
}

function hold(exchange: Exchange, leftMs: number): void {
  if (!exchange.wasHeld) exchange.count(ROUTE_HELD);
  exchange.wasHeld = true;
  exchange.owesPermit = true;
  // Once there is somebody to try it begins as if it had not been anywhere yet.
  exchange.tried.length = 0;
  exchange.refused.length = 0;
  waitInLine(exchange, (exchange.request as OutgoingRequest).route.pool.holding, leftMs);
}

/** Puts it into this line, for `leftMs` at most. */
export function waitInLine(exchange: Exchange, line: NonNullable<Exchange['wait']['line']>, leftMs: number): void {
  const { wheel } = exchange.host;
  exchange.wait.line = line;
  exchange.state = HELD;
  // The answer has all of its time once there is somebody to give it.
  exchange.awaitingSince = 0;
  exchange.record.endpoint = '';
  // No more of a body is read. Where none is to come the client is read on, so that it is seen to leave.
  if (exchange.isRequestEnded) exchange.resumeClient();
  else exchange.pauseClient();
  wheel.disarm(exchange.requestTimer);
  wheel.arm(exchange.responseTimer, leftMs);
}

/** *held* × responseTimeout, and the end of all waiting */
export function holdEnded(exchange: Exchange): void {
  const fault = exchange.holdFault as Fault;
  if (fault === FAULTS.queueTimeout)
    (exchange.request as OutgoingRequest).route.pool.table.queue.count(QUEUE_TIMED_OUT);
  answerFault(exchange, fault);
}
