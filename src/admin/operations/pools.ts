/** Pools and their endpoints, with what is known of each. */
import type { HealthState } from '../../checks/endpoint-health.ts';
import type { PoolEndpointStats, PoolStats } from '../../runtime/control/balancer-stats.ts';
import type { AdminSubject, Operation } from '../operation.ts';
import { Problem } from '../problem.ts';

const getPools: Operation = {
  id: 'getPools',
  method: 'GET',
  path: '/v1/pools',
  role: 'read',
  query: [],
  run: ({ balancer }) => ({ status: 200, content: { pools: balancer.stats().pools.map(describePool) } }),
};

const getPool: Operation = {
  id: 'getPool',
  method: 'GET',
  path: '/v1/pools/{pool}',
  role: 'read',
  query: [],
  run: (subject, { params }) => ({ status: 200, content: describePool(findPool(subject, params['pool'])) }),
};

/** Throws a {@link Problem} where there is none. */
export function findPool({ balancer }: AdminSubject, id: string): PoolStats {
  const { pools } = balancer.stats();
  const found = pools.find(({ pool }) => pool === id);
  if (found !== undefined) return found;
  const known = listKnown(pools.map(({ pool }) => pool));
  throw new Problem(404, 'no-such-pool', `there is no pool ${JSON.stringify(id)}${known}`);
}

const MOST_LISTED = 8;

/** What there is instead, for somebody who has mistyped; nothing where that is too much to read. */
export function listKnown(ids: readonly string[]): string {
  return ids.length === 0 || ids.length > MOST_LISTED ? '' : `; there is ${ids.join(', ')}`;
}

/** It takes new requests, as far as its health is known. */
export function isUp(state: HealthState): boolean {
  return state === 'healthy' || state === 'unchecked';
}

export function summarizePool({ pool, isPanicking, queue, endpoints }: PoolStats): Readonly<Record<string, unknown>> {
  const up = endpoints.filter(({ health }) => isUp(health.state)).length;
  return { id: pool, endpoints: endpoints.length, up, isPanicking, queue };
}

function describePool(pool: PoolStats): Readonly<Record<string, unknown>> {
  return { ...summarizePool(pool), endpoints: pool.endpoints.map((each) => describeEndpoint(pool.pool, each)) };
}

export function describeEndpoint(pool: string, stats: PoolEndpointStats): Readonly<Record<string, unknown>> {
  const { endpoint, weight, health, agent, idleConnections, attempts, ...counters } = stats;
  const { state, since, reason, ejectedUntil, lastFailure, checks, transitions } = health;
  return {
    id: endpoint,
    pool,
    state,
    since: toTime(since),
    until: ejectedUntil === null ? null : toTime(ejectedUntil),
    why: reason,
    weight,
    agent: agent === null ? null : { ...agent, saidAt: agent.saidAt === null ? null : toTime(agent.saidAt) },
    idle: idleConnections,
    requests: attempts,
    ...counters,
    lastFailure,
    checks: checks.map(describeCheck),
    transitions: transitions.map((each) => ({ ...each, at: toTime(each.at), checks: each.checks.map(describeCheck) })),
  };
}

function describeCheck({ kind, state, answers }: PoolEndpointStats['health']['checks'][number]): object {
  return { kind, state, answers: answers.map((each) => ({ ...each, at: toTime(each.at) })) };
}

/** RFC 3339 with ms. */
function toTime(at: number): string {
  return new Date(at).toISOString();
}

export const poolOperations: readonly Operation[] = [getPools, getPool];
