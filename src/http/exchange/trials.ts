/** The request that an endpoint is tried with when its ejection is over. Asked only while a trial is due. */
import { FIT, FIT_LATE, UNFIT } from '../../core/health/trial-word.ts';
import type { Fitness } from '../../core/health/trial-word.ts';
import type { PoolPick } from '../../upstream/pool-pick.ts';
import { BODY_LENGTH, BODY_NONE } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint, HttpPool } from '../stream.ts';
import { Trial } from '../trial.ts';
import type { Exchange } from './exchange.ts';

/** Share of `responseHead` after which a trial without a first byte has failed. */
const HEAD_SHARE = 1 / 4;

/**
 * The endpoint that this request tries, null where it tries none: then the pool's policy picks. `least`: how fit any
 * request is that has not failed elsewhere.
 */
export function pickTrial(
  exchange: Exchange,
  pool: HttpPool,
  request: PoolPick,
  least: Fitness = UNFIT,
): HttpEndpoint | null {
  const own = fitnessOf(exchange);
  const fitness = own === UNFIT ? UNFIT : (Math.max(own, least) as Fitness);
  const picked = fitness === UNFIT ? null : pool.takeTrial(request, fitness);
  if (picked === null) return null;
  exchange.trial = new Trial(picked, exchange.host.wheel, () => exchange.isRequestEnded);
  return picked.endpoint;
}

/** Fit is what may be repeated, with its body kept whole. What has failed elsewhere already has waited enough. */
function fitnessOf(exchange: Exchange): Fitness {
  if (exchange.tried.length > 0 || exchange.refused.length > 0) return UNFIT;
  const request = exchange.request as OutgoingRequest;
  const { head, isRepeatable, isUpgrade, route, binding } = request;
  // It would fail at any endpoint but its own, and stay there.
  if (binding?.hasSession === true) return UNFIT;
  if (!isRepeatable || isUpgrade) return FIT_LATE;
  if (head.bodyKind === BODY_NONE) return FIT;
  return head.bodyKind === BODY_LENGTH && head.contentLength <= route.spec.retry.replayBytes ? FIT : FIT_LATE;
}

/** How long the trial request may wait for a first byte, ms: no longer than answers of its route ever take. */
export function trialLimitMs(exchange: Exchange): number {
  const { slot } = (exchange.request as OutgoingRequest).route.spec;
  const silenceMs = exchange.host.routeTable.silence[slot];
  const limitMs = exchange.timeouts.responseHeadMs * HEAD_SHARE;
  return silenceMs > 0 ? Math.min(silenceMs, limitMs) : limitMs;
}
