/** What the counters say, read from the shared tables: costs the data plane nothing. */
import { quantile } from '../../core/shared/histogram.ts';
import {
  COUNTER_ATTEMPTS,
  COUNTER_BUDGET_SPENT,
  COUNTER_BYTES_RECEIVED,
  COUNTER_BYTES_SENT,
  COUNTER_CONNECTS,
  COUNTER_FAILURES,
  COUNTER_HEDGES,
  COUNTER_MOVES,
  COUNTER_OVERFLOWS,
  COUNTER_PANIC_PICKS,
  COUNTER_RESCUES,
  COUNTER_RETRIES,
  COUNTER_STICKY_HITS,
  COUNTER_STICKY_MOVES,
  COUNTER_STICKY_SPILLS,
  COUNTER_SLOW_PASSES,
  COUNTER_SPILLS,
  COUNTER_STRAYS,
} from '../../core/shared/pool-table.ts';
import type { PoolTable } from '../../core/shared/pool-table.ts';
import {
  ROUTE_ABORTS,
  ROUTE_BREAKER_OPEN,
  ROUTE_BUDGET_SPENT,
  ROUTE_BYTES_IN,
  ROUTE_BYTES_OUT,
  ROUTE_DATAGRAMS_DROPPED,
  ROUTE_DATAGRAMS_FULL,
  ROUTE_DATAGRAMS_IN,
  ROUTE_DATAGRAMS_OUT,
  ROUTE_DEADLINES,
  ROUTE_FAULTS,
  ROUTE_HELD,
  ROUTE_HEDGES,
  ROUTE_MOVES,
  ROUTE_REQUESTS,
  ROUTE_RESCUES,
  ROUTE_RETRIES,
  ROUTE_SLOW_CLIENTS,
  ROUTE_STATUS,
  ROUTE_UPGRADES,
} from '../../core/shared/route-table.ts';
import type { RouteTable } from '../../core/shared/route-table.ts';
import type { EndpointStats, RouteStats, TcpStats, UdpStats } from './table-figures.ts';

export function readRouteStats(table: RouteTable, slot: number): RouteStats {
  const histogram = table.histogram(slot);
  const statusCount = (statusClass: number): number => table.total(slot, ROUTE_STATUS + statusClass);
  return {
    requests: table.total(slot, ROUTE_REQUESTS),
    statuses: [statusCount(1), statusCount(2), statusCount(3), statusCount(4), statusCount(5)],
    bytesIn: table.total(slot, ROUTE_BYTES_IN),
    bytesOut: table.total(slot, ROUTE_BYTES_OUT),
    faults: table.total(slot, ROUTE_FAULTS),
    retries: table.total(slot, ROUTE_RETRIES),
    moves: table.total(slot, ROUTE_MOVES),
    rescues: table.total(slot, ROUTE_RESCUES),
    hedges: table.total(slot, ROUTE_HEDGES),
    deadlines: table.total(slot, ROUTE_DEADLINES),
    budgetSpent: table.total(slot, ROUTE_BUDGET_SPENT),
    held: table.total(slot, ROUTE_HELD),
    breakerOpen: table.total(slot, ROUTE_BREAKER_OPEN),
    aborts: table.total(slot, ROUTE_ABORTS),
    slowClients: table.total(slot, ROUTE_SLOW_CLIENTS),
    upgrades: table.total(slot, ROUTE_UPGRADES),
    p50Ms: quantile(histogram, 0.5),
    p99Ms: quantile(histogram, 0.99),
  };
}

export function readTcpStats(table: RouteTable, slot: number): TcpStats {
  return {
    sessions: table.total(slot, ROUTE_REQUESTS),
    bytesIn: table.total(slot, ROUTE_BYTES_IN),
    bytesOut: table.total(slot, ROUTE_BYTES_OUT),
    failed: table.total(slot, ROUTE_FAULTS),
    cut: table.total(slot, ROUTE_ABORTS),
    retries: table.total(slot, ROUTE_RETRIES),
    moves: table.total(slot, ROUTE_MOVES),
    budgetSpent: table.total(slot, ROUTE_BUDGET_SPENT),
    held: table.total(slot, ROUTE_HELD),
    breakerOpen: table.total(slot, ROUTE_BREAKER_OPEN),
  };
}

export function readUdpStats(table: RouteTable, slot: number): UdpStats {
  return {
    sessions: table.total(slot, ROUTE_REQUESTS),
    datagramsIn: table.total(slot, ROUTE_DATAGRAMS_IN),
    bytesIn: table.total(slot, ROUTE_BYTES_IN),
    datagramsOut: table.total(slot, ROUTE_DATAGRAMS_OUT),
    bytesOut: table.total(slot, ROUTE_BYTES_OUT),
    failed: table.total(slot, ROUTE_FAULTS),
    moves: table.total(slot, ROUTE_MOVES),
    full: table.total(slot, ROUTE_DATAGRAMS_FULL),
    dropped: table.total(slot, ROUTE_DATAGRAMS_DROPPED),
    breakerOpen: table.total(slot, ROUTE_BREAKER_OPEN),
  };
}

export function readEndpointStats(table: PoolTable, slot: number): EndpointStats {
  return {
    inFlight: table.inFlight(slot),
    connections: Atomics.load(table.connections, slot),
    idleConnections: table.idleSockets(slot),
    attempts: table.total(slot, COUNTER_ATTEMPTS),
    failures: table.total(slot, COUNTER_FAILURES),
    retries: table.total(slot, COUNTER_RETRIES),
    moves: table.total(slot, COUNTER_MOVES),
    rescues: table.total(slot, COUNTER_RESCUES),
    hedges: table.total(slot, COUNTER_HEDGES),
    budgetSpent: table.total(slot, COUNTER_BUDGET_SPENT),
    connects: table.total(slot, COUNTER_CONNECTS),
    panicPicks: table.total(slot, COUNTER_PANIC_PICKS),
    overflows: table.total(slot, COUNTER_OVERFLOWS),
    spills: table.total(slot, COUNTER_SPILLS),
    slowPasses: table.total(slot, COUNTER_SLOW_PASSES),
    stickyHits: table.total(slot, COUNTER_STICKY_HITS),
    stickyMoves: table.total(slot, COUNTER_STICKY_MOVES),
    stickySpills: table.total(slot, COUNTER_STICKY_SPILLS),
    bytesSent: table.total(slot, COUNTER_BYTES_SENT),
    bytesReceived: table.total(slot, COUNTER_BYTES_RECEIVED),
    strays: table.total(slot, COUNTER_STRAYS),
  };
}
