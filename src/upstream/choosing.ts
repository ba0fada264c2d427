/**
 * The choice of an endpoint for one more attempt: one that was not tried yet while there is one, and never one that has
 * refused this very request.
 */
import { REFUSED } from '../core/shared/pool-table.ts';
import type { Endpoint } from './endpoint.ts';
import type { Pool } from './pool.ts';
import type { PoolPick } from './pool-pick.ts';
import type { Waiter } from './waiter.ts';

/** So often an endpoint is picked anew: one that is picked may just have lost its last place to another thread. */
export const MOST_PICKS = 8;

/** For whom an endpoint is picked, used for one call and then for the next. */
export class Picking implements PoolPick {
  tried: readonly number[] | null = null;
  key = 0;
  policy = 0;
  bound = -1;
  isByAddress = false;
  isSpilled = false;
  rank = 0;

  /** The pick without those that were tried. */
  without<W extends Waiter>(tried: readonly Endpoint<W>[], { endpoints }: Pick<Pool<W>, 'endpoints'>): this {
    this.tried = tried.length === 0 ? null : indexesOf(tried, endpoints);
    return this;
  }
}

/** Worked out anew for each retry: the pool may have changed since the last one. */
function indexesOf<W extends Waiter>(
  tried: readonly Endpoint<W>[],
  endpoints: readonly Endpoint<W>[],
): readonly number[] {
  return tried.map((endpoint) => endpoints.indexOf(endpoint)).filter((index) => index >= 0);
}

/** One that `picking` may go to, acquired: an attempt begins there now, or the caller releases it. Null: there is none. */
export function acquireEndpoint<W extends Waiter>(
  pool: Pool<W>,
  picking: Picking,
  tried: readonly Endpoint<W>[],
  refused: readonly Endpoint<W>[],
): Endpoint<W> | null {
  let avoided = tried;
  for (let picks = 0; picks < MOST_PICKS; picks++) {
    const endpoint = choose(pool, picking, avoided, refused);
    if (endpoint === null) return null;
    if (!endpoint.acquire()) continue;
    if (!pool.isAwaited(endpoint, picking.rank)) return endpoint;
    // The place is for somebody who can go nowhere else. Who could not either waits behind him.
    pool.release(endpoint);
    if (avoided.includes(endpoint) || pool.endpoints.indexOf(endpoint) === pool.homeOf(picking.without(tried, pool)))
      return null;
    avoided = [...avoided, endpoint];
  }
  return null;
}

function choose<W extends Waiter>(
  pool: Pool<W>,
  picking: Picking,
  tried: readonly Endpoint<W>[],
  refused: readonly Endpoint<W>[],
): Endpoint<W> | null {
  if (refused.length === 0) return pick(pool, picking, tried);
  const endpoint = pickReachable(pool, picking, tried);
  if (endpoint === null || !refused.includes(endpoint)) return endpoint;
  const other = refused.length < tried.length ? pick(pool, picking, refused) : endpoint;
  if (other !== null && !refused.includes(other)) return other;
  return pool.isFull(refused) ? null : pickLast(pool, picking, refused);
}

/**
 * Where one has refused this request, those that have refused others go last, as far as a few picks tell: of many endpoints
 * most may be gone, and a request moves on only so often.
 */
function pickReachable<W extends Waiter>(
  pool: Pool<W>,
  picking: Picking,
  tried: readonly Endpoint<W>[],
): Endpoint<W> | null {
  let passed = tried;
  let endpoint = pick(pool, picking, tried);
  for (let picks = 1; picks < MOST_PICKS; picks++) {
    if (endpoint === null || (pool.table.health[endpoint.slot] & REFUSED) === 0) break;
    passed = [...passed, endpoint];
    const other = pick(pool, picking, passed);
    if (other === null || passed.includes(other)) break;
    endpoint = other;
  }
  return endpoint;
}

function pick<W extends Waiter>(pool: Pool<W>, picking: Picking, tried: readonly Endpoint<W>[]): Endpoint<W> | null {
  const index = pool.pick(picking.without(tried, pool));
  return index < 0 ? null : pool.endpoints[index];
}

/** All endpoints that health lets serve have refused it. Nothing has been sent, so another one is better than none. */
function pickLast<W extends Waiter>(
  pool: Pool<W>,
  picking: Picking,
  refused: readonly Endpoint<W>[],
): Endpoint<W> | null {
  const index = pool.pickLast(picking.without(refused, pool));
  return index < 0 || refused.includes(pool.endpoints[index]) ? null : pool.endpoints[index];
}
