/** What there is to show, read from the running demo. */
import type { BalancerStats, PoolEndpointStats } from '../src/runtime/control/balancer-stats.ts';
import type { Controls } from './controls.ts';
import type { DemoServer } from './demo-server.ts';
import type { DemoView, ServerView } from './demo-view.ts';
import type { Demo } from './demo.ts';
import { nextHint } from './hints.ts';
import type { StatsHistory } from './stats-history.ts';

export function readView(demo: Demo, controls: Controls, history: StatsHistory, seconds: number): DemoView {
  const { traffic, port, httpsPort, whyNoHttps, policy } = demo;
  const stats = demo.balancer.stats();
  return {
    port,
    httpsPort,
    whyNoHttps,
    policy,
    threads: stats.workers.threads.length,
    seconds,
    rate: traffic.rate,
    isPaused: traffic.isPaused,
    requestsPerSecond: history.requestsPerSecond,
    failuresPerSecond: history.failuresPerSecond,
    requests: history.requests,
    ...demo.toll,
    times: traffic.times(),
    servers: demo.servers.flatMap((server) => readServer(demo, server, stats, history)),
    panicking: stats.pools.filter(({ isPanicking }) => isPanicking).map(({ pool }) => pool),
    holding: stats.pools.flatMap(({ pool, queue: { held } }) => (held > 0 ? [{ pool, held }] : [])),
    chosen: controls.chosen,
    events: controls.events,
    hint: nextHint(controls.hintFacts),
  };
}

function readServer(demo: Demo, server: DemoServer, { pools }: BalancerStats, history: StatsHistory): ServerView[] {
  const pool = pools.find((each) => each.pool === server.pool);
  const endpoint = pool?.endpoints.find((each) => each.endpoint === server.address);
  if (pool === undefined || endpoint === undefined) return [];
  const requestsPerSecond = history.attemptsPerSecond(endpoint.endpoint);
  const ofPool = pool.endpoints.reduce((sum, each) => sum + history.attemptsPerSecond(each.endpoint), 0);
  return [
    {
      name: server.name,
      pool: pool.pool,
      ...readEndpoint(endpoint),
      behavior: describeBehavior(server),
      requestsPerSecond,
      share: ofPool === 0 ? 0 : requestsPerSecond / ofPool,
      times: demo.traffic.times(server.name),
      history: history.history(endpoint.endpoint),
    },
  ];
}

type EndpointView = Pick<ServerView, 'health' | 'reason' | 'secondsOut' | 'weight' | 'inFlight'>;

function readEndpoint({ health, weight, inFlight }: PoolEndpointStats): EndpointView {
  const { state, reason, ejectedUntil } = health;
  const secondsOut = ejectedUntil === null ? null : Math.max(0, Math.ceil((ejectedUntil - Date.now()) / 1000));
  return { health: state, reason, secondsOut, weight, inFlight };
}

function describeBehavior({ condition, latencyMs, slownessMs }: DemoServer): string {
  if (condition !== 'well') return condition;
  return slownessMs === 0 ? `${latencyMs} ms` : `slow ${latencyMs} ms`;
}
