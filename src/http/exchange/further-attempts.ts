/** What every further attempt has in common: whose fault the one before it was, where it may go, what it counts as. */
import { COUNTER_BUDGET_SPENT, COUNTER_MOVES, COUNTER_RETRIES } from '../../core/shared/pool-table.ts';
import { ROUTE_BUDGET_SPENT, ROUTE_MOVES, ROUTE_RETRIES } from '../../core/shared/route-table.ts';
import type { Attempt } from '../attempt.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint } from '../stream.ts';
import type { Exchange } from './exchange.ts';

/** What says nothing about the endpoint. */
const BLAMELESS: ReadonlySet<Attempt['failure']> = new Set(['queue-timeout', 'local-resources', 'endpoint-removed']);

/** Counts a failure against its endpoint. True: it was the normal end of a kept connection, which counts for nothing. */
export function judgeFailure(exchange: Exchange, attempt: Attempt): boolean {
  const { failure } = attempt;
  const isStale = attempt.wasReused && !attempt.hasAnswered && (failure === 'closed' || failure === 'reset');
  // One that takes no bytes is at fault before it has all of them.
  const isJudged = exchange.isRequestJudged || failure === 'write-timeout';
  if (!BLAMELESS.has(failure) && !isStale && isJudged) attempt.blame(failure);
  return isStale;
}

/** Nothing more is wanted of the attempt, nor is anything that it was waited for. */
export function letGo(exchange: Exchange, attempt: Attempt): void {
  attempt.abandon();
  exchange.attempt = null;
  if (exchange.isRacing && exchange.rival === null) {
    exchange.isRacing = false;
    exchange.host.wheel.disarm(exchange.retryTimer);
  }
  // What waited for that endpoint to take bytes waits no longer.
  if (exchange.isRequestEnded || exchange.isClientPaused) exchange.host.wheel.disarm(exchange.requestTimer);
  if (exchange.isRequestEnded) exchange.resumeClient();
}

/** Nothing was sent: it is as if there had been no attempt. */
export function countMove(exchange: Exchange, endpoint: HttpEndpoint): void {
  exchange.uncounted++;
  endpoint.count(COUNTER_MOVES, 1);
  exchange.count(ROUTE_MOVES);
}

/** One more attempt after one at this endpoint. False: the pool has had as many as it may have lately. */
export function takeRetry(
  exchange: Exchange,
  endpoint: HttpEndpoint,
  counter = COUNTER_RETRIES,
  routeCounter = ROUTE_RETRIES,
): boolean {
  const isAllowed = (exchange.request as OutgoingRequest).route.pool.takeRetry();
  endpoint.count(isAllowed ? counter : COUNTER_BUDGET_SPENT, 1);
  exchange.count(isAllowed ? routeCounter : ROUTE_BUDGET_SPENT);
  return isAllowed;
}
