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
  ROUTE_DEADLINES,
  ROUTE_FAULTS,
  ROUTE_HELD,
  ROUTE_HEDGES,
  ROUTE_MOVES,
  ROUTE_REQUESTS,
  ROUTE_RESCUES,
  ROUTE_RETRIES,
  ROUTE_STATUS,
  ROUTE_UPGRADES,
} from '../../core/shared/route-table.ts';
import type { RouteTable } from '../../core/shared/route-table.ts';

/** The counters of a route. */
export interface RouteStats {
  readonly requests: number;
  /** By class: how many answers of 1xx, 2xx, 3xx, 4xx, 5xx. */
  readonly statuses: readonly [number, number, number, number, number];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Answers that Fairlead made itself. */
  readonly faults: number;
  readonly retries: number;
  /** Attempts that went on elsewhere before anything was sent: the connect was refused, or a kept connection was closed. */
  readonly moves: number;
  /** Attempts that moved off an endpoint because it was lost. */
  readonly rescues: number;
  /** Attempts that got a second one beside them because they took long. */
  readonly hedges: number;
  /** Exchanges that ended because the time that their client gave was over. */
  readonly deadlines: number;
  /** Further attempts that did not follow because the pool's retry budget was spent. */
  readonly budgetSpent: number;
  /** Requests that waited because no endpoint could be reached. */
  readonly held: number;
  /** Requests answered 503 `breaker-open`. */
  readonly breakerOpen: number;
  /** Exchanges that ended before the answer was complete. */
  readonly aborts: number;
  readonly upgrades: number;
  /** Half of all requests were faster than this, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The counters of a listener's sessions of layer 4. Bytes are counted when a session ends. */
export interface TcpStats {
  /** Sessions that have begun. */
  readonly sessions: number;
  /** From the clients. */
  readonly bytesIn: number;
  /** To them. */
  readonly bytesOut: number;
  /** Sessions that found no endpoint: their clients were reset. */
  readonly failed: number;
  /** Sessions that ended otherwise than by both sides' FIN: reset, idle, cut by a drain. */
  readonly cut: number;
  readonly retries: number;
  /** Connects that were refused and followed by one elsewhere. */
  readonly moves: number;
  /** Further connects that did not follow because the pool's retry budget was spent. */
  readonly budgetSpent: number;
  /** Sessions that waited because no endpoint could be reached. */
  readonly held: number;
  /** Sessions that circuit breakers kept from every endpoint. */
  readonly breakerOpen: number;
}

/** The counters of an endpoint. */
export interface EndpointStats {
  /** Attempts under way. */
  readonly inFlight: number;
  /** Sockets, the idle ones among them. */
  readonly connections: number;
  readonly idleConnections: number;
  readonly attempts: number;
  readonly failures: number;
  readonly retries: number;
  /** Attempts that went on elsewhere before anything was sent here. */
  readonly moves: number;
  /** Attempts that moved off an endpoint because it was lost. */
  readonly rescues: number;
  /** Attempts that got a second one beside them because they took long. */
  readonly hedges: number;
  /** Further attempts that did not follow because the pool's retry budget was spent. */
  readonly budgetSpent: number;
  readonly connects: number;
  /** Attempts made with no endpoint eligible. */
  readonly panicPicks: number;
  /** Picks of it though it is of a later priority, or a backup. */
  readonly overflows: number;
  /** Picks of it though it stands in another zone than Fairlead. */
  readonly spills: number;
  /** Picks that it has passed on to others while it started slowly. */
  readonly slowPasses: number;
  /** Answers to clients whose cookie bound them to this endpoint. */
  readonly stickyHits: number;
  /** Answers of other endpoints to such clients: this one could not be picked, or failed. They have another cookie since. */
  readonly stickyMoves: number;
  /** Answers of other endpoints to such clients while this one was full. They stay bound to it. */
  readonly stickySpills: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /**
   * How often it sent bytes that belong to no answer. From the first time on its connections are closed after an
   * answer that has no body, and after every answer where such bytes came with a body, or five times behind one.
   */
  readonly strays: number;
}

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
