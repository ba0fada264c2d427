/** What a pool says in the config and does not do, since something else of it is in the way. */
import type { Config, PoolConfig } from '../config/config.ts';

/** A sentence for each pool, or route, and matter. */
export function advisePools({ pools, routes }: Config): readonly string[] {
  return pools.flatMap((pool) => {
    const ofPool = adviseRetries(`pool ${pool.id}`, pool.retry);
    const leading = ofPool.length > 0 ? [] : routes.filter((route) => route.pool === pool.id);
    return [
      ...adviseLimits(pool),
      ...ofPool,
      ...leading.flatMap(({ id, retry }) => adviseRetries(`route ${id}`, retry)),
    ];
  });
}

/** One endpoint without a limit is never full, and then nobody waits for a place. */
function adviseLimits({ id, maxRequests, endpoints, queue }: PoolConfig): readonly string[] {
  const open = endpoints.filter((endpoint) => endpoint.maxRequests === 0 && endpoint.weight > 0);
  if (maxRequests > 0 || open.length === 0) return [];
  if (endpoints.some((endpoint) => endpoint.maxRequests > 0)) {
    const who = open.length === 1 ? `${open[0].id} has` : `${open.length} endpoints have`;
    return [`pool ${id}: ${who} no maxRequests: what is too much for the others goes there, and nobody waits.`];
  }
  return queue.timeoutMs > 0
    ? [`pool ${id}: queue.timeout is for requests that wait for a place, and there is no maxRequests.`]
    : [];
}

/** Whoever adds a status may have left out what was there without a word. */
function adviseRetries(
  where: string,
  { attempts, onConnect, onReset, statuses }: PoolConfig['retry'],
): readonly string[] {
  if (attempts === 1 || statuses.length === 0 || (onConnect && onReset)) return [];
  const missing = [...(onConnect ? [] : ['connect']), ...(onReset ? [] : ['reset'])].join(' and ');
  return [`${where}: retryOn leaves out ${missing}, which the default has: clients get those errors.`];
}
