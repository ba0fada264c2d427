import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryTable, createMemoryTable } from '../src/core/shared/memory-table.ts';
import { readMemoryStats } from '../src/runtime/control/memory-stats.ts';
import type { BalancerStats, PoolEndpointStats } from '../src/runtime/control/balancer-stats.ts';
import type { RouteStats } from '../src/runtime/control/table-figures.ts';
import { createStatusLines } from './status-line.ts';

const ROUTE: RouteStats = {
  requests: 0,
  statuses: [0, 0, 0, 0, 0],
  bytesIn: 0,
  bytesOut: 0,
  faults: 0,
  retries: 0,
  moves: 0,
  rescues: 0,
  hedges: 0,
  deadlines: 0,
  budgetSpent: 0,
  held: 0,
  breakerOpen: 0,
  aborts: 0,
  slowClients: 0,
  upgrades: 0,
  p50Ms: 0,
  p99Ms: 0,
};

function endpoint(id: string, attempts: number, state: 'healthy' | 'ejected'): PoolEndpointStats {
  return {
    endpoint: id,
    weight: 1,
    health: { state, since: 0, reason: '', lastFailure: '', ejectedUntil: null, checks: [], transitions: [] },
    agent: null,
    inFlight: 0,
    connections: 0,
    idleConnections: 0,
    attempts,
    failures: 0,
    retries: 0,
    moves: 0,
    rescues: 0,
    hedges: 0,
    budgetSpent: 0,
    connects: 0,
    panicPicks: 0,
    overflows: 0,
    spills: 0,
    slowPasses: 0,
    stickyHits: 0,
    stickyMoves: 0,
    stickySpills: 0,
    bytesSent: 0,
    bytesReceived: 0,
    strays: 0,
  };
}

const QUEUE = { inFlight: 0, waiting: 0, held: 0, waited: 0, timedOut: 0, shed: 0, full: 0 };

function stats(requests: number, errors: number, endpoints: readonly PoolEndpointStats[], held = 0): BalancerStats {
  const web = { ...ROUTE, route: 'web', requests, statuses: [0, 0, 0, 0, errors] as const, p50Ms: 12.4, p99Ms: 99.6 };
  const workers = { faults: 0, lost: 0, replaced: 0, returned: 0, corrections: 0 };
  return {
    routes: [web],
    tcp: [],
    udp: [],
    unrouted: ROUTE,
    pools: [{ pool: 'web', isPanicking: false, queue: { ...QUEUE, held }, tls: 'off', endpoints }],
    listeners: [],
    certificates: [],
    lists: [],
    limits: [],
    concurrency: [],
    accessLog: { written: 0, dropped: 0 },
    memory: readMemoryStats(new MemoryTable(createMemoryTable(1), 0)),
    workers: workers as unknown as BalancerStats['workers'],
  };
}

test('a line of the demo shows what has happened since the line before', () => {
  const readings = [
    stats(100, 7, [endpoint('a:1', 60, 'healthy'), endpoint('b:2', 40, 'healthy')]),
    stats(150, 9, [endpoint('a:1', 90, 'healthy'), endpoint('b:2', 50, 'ejected')]),
    stats(150, 9, [endpoint('a:1', 90, 'healthy'), endpoint('b:2', 50, 'healthy')], 3),
  ];
  const nextLine = createStatusLines(
    () => readings.shift() as BalancerStats,
    (id) => (id === 'a:1' ? 's1' : id),
  );
  const times = ' p50 12 ms p99 100 ms';
  assert.equal(nextLine(), `   1 s  50 req/s  2 5xx  0 retried │ web: s1  75% ✔  b:2  25% ✖ ejected ${times}`);
  assert.equal(nextLine(), `   2 s   0 req/s  0 5xx  0 retried │ web: 3 held  s1   0% ✔  b:2   0% ✔ ${times}`);
});
