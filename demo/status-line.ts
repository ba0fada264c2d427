/** One line of the demo: requests of the last second, each server's share of its pool in it, health, and times. */
import type { BalancerStats, PoolStats } from '../src/runtime/control/balancer-stats.ts';

type ReadStats = () => BalancerStats;

/** Returns what gives the next line: figures since the one before. `nameOf` is a server's name from its address. */
export function createStatusLines(read: ReadStats, nameOf: (endpoint: string) => string): () => string {
  let last = read();
  let seconds = 0;
  return () => {
    const now = read();
    const line = statusLine(++seconds, last, now, nameOf);
    last = now;
    return line;
  };
}

function statusLine(seconds: number, last: BalancerStats, now: BalancerStats, nameOf: (id: string) => string): string {
  const requests = countRequests(now) - countRequests(last);
  const errors = countErrors(now) - countErrors(last);
  const retries = countRetries(now) - countRetries(last);
  const pools = now.pools.map(
    (pool, i) => `${describePool(pool, last.pools[i], nameOf)} ${describeTimes(now, pool.pool)}`,
  );
  const figures = `${String(seconds).padStart(4)} s ${String(requests).padStart(3)} req/s ${String(errors).padStart(2)} 5xx ${String(retries).padStart(2)} retried`;
  return [figures, ...pools].join(' │ ');
}

function describePool(now: PoolStats, last: PoolStats, nameOf: (id: string) => string): string {
  const picks = now.endpoints.map((endpoint, i) => endpoint.attempts - last.endpoints[i].attempts);
  const total = picks.reduce((sum, count) => sum + count, 0);
  const servers = now.endpoints.map(({ endpoint, health }, i) => {
    const share = total === 0 ? 0 : Math.round((100 * picks[i]) / total);
    const mark = health.state === 'healthy' ? '✔' : `✖ ${health.state}`;
    return `${nameOf(endpoint)} ${String(share).padStart(3)}% ${mark}`;
  });
  return `${now.pool}: ${now.isPanicking ? 'PANIC  ' : ''}${now.queue.held > 0 ? `${now.queue.held} held  ` : ''}${servers.join('  ')}`;
}

/** Since the start, of the route that bears the pool's name. */
function describeTimes({ routes }: BalancerStats, name: string): string {
  const route = routes.find((each) => each.route === name);
  return route === undefined ? '' : ` p50 ${Math.round(route.p50Ms)} ms p99 ${Math.round(route.p99Ms)} ms`;
}

function countRequests({ routes, unrouted }: BalancerStats): number {
  return routes.reduce((sum, route) => sum + route.requests, unrouted.requests);
}

function countErrors({ routes, unrouted }: BalancerStats): number {
  return routes.reduce((sum, route) => sum + route.statuses[4], unrouted.statuses[4]);
}

function countRetries({ routes, unrouted }: BalancerStats): number {
  return routes.reduce((sum, { retries, moves, rescues }) => sum + retries + moves + rescues, unrouted.retries);
}
