/**
 * Config → snapshot: gives routes and endpoints their rows in the shared tables. What was there before keeps its
 * row, its generation and its table, by identity (pool id, endpoint id, route id), and so its counters and health.
 *
 * Tables cannot grow, so each begins with room to spare. A pool that has used its room up gets a new table of twice
 * the size: every endpoint of it is then a new one to the data plane (`update-pool`, `add-endpoint`), requests in
 * flight end on the table they began with, and the pool's counters begin at 0. Routes likewise.
 */
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import { createRouteTable } from '../core/shared/route-table.ts';
import type { RouteTableHandle } from '../core/shared/route-table.ts';
import type { EndpointSpec, PoolSpec, RouteSpec, Snapshot } from '../core/snapshot.ts';
import type { Config, PoolConfig } from '../config/config.ts';
import type { ResolvedEndpoint, ResolvedPools } from './resolve-names.ts';
import { SlotBook } from './slot-book.ts';

/** What the config leaves to the machine it runs on. */
export interface CompileOptions {
  /** Data-plane threads, `auto` worked out. */
  readonly threads: number;
  /** Rows of ledgers and stripes in every table; the same for the whole life of a process. */
  readonly workerSlots: number;
  /** Client connections, `auto` worked out. */
  readonly maxConnections: number;
}

interface PoolRows {
  readonly table: PoolTable;
  readonly book: SlotBook;
}

/** Room for endpoints that come later. */
const SPARE_ENDPOINTS = 16;
const SPARE_ROUTES = 16;

export class SnapshotCompiler {
  readonly #options: CompileOptions;
  readonly #pools = new Map<string, PoolRows>();
  #routes = new Map<string, number>();
  #routeTable: RouteTableHandle | null = null;
  #nextRoute = 1;
  #version = 0;

  constructor(options: CompileOptions) {
    this.#options = options;
  }

  /** `confirmed`: the snapshot that every worker has confirmed, or a later one; 0 before the first. */
  compile(config: Config, endpoints: ResolvedPools, confirmed: number): Snapshot {
    this.#version++;
    const kept = new Set(config.pools.map(({ id }) => id));
    for (const id of this.#pools.keys()) if (!kept.has(id)) this.#pools.delete(id);
    const routes = this.#compileRoutes(config);
    const pools = config.pools.map((pool) => this.#compilePool(pool, endpoints.get(pool.id) ?? [], confirmed));
    const { listeners, limits, timeouts, trustedProxies, headers } = config;
    const { threads, maxConnections } = this.#options;
    return {
      version: this.#version,
      threads,
      listeners,
      routes,
      pools,
      limits,
      timeouts,
      trustedProxies,
      headers,
      maxConnections,
      routeTable: this.#routeTable as RouteTableHandle,
    };
  }

  #compileRoutes(config: Config): RouteSpec[] {
    const added = config.routes.filter((route) => !this.#routes.has(route.id));
    if (this.#routeTable === null || this.#nextRoute + added.length > this.#routeTable.capacity) {
      // A route's counters are never cleared in place, since a worker may just be adding: so a row has one owner.
      this.#routes = new Map();
      this.#nextRoute = 1;
      const spare = Math.max(SPARE_ROUTES, config.routes.length >> 1);
      this.#routeTable = createRouteTable(config.routes.length + spare, this.#options.workerSlots);
    }
    return config.routes.map((route) => ({ ...route, slot: this.#routeSlot(route.id) }));
  }

  #routeSlot(id: string): number {
    let slot = this.#routes.get(id);
    if (slot === undefined) {
      slot = this.#nextRoute++;
      this.#routes.set(id, slot);
    }
    return slot;
  }

  #compilePool(config: PoolConfig, resolved: readonly ResolvedEndpoint[], confirmed: number): PoolSpec {
    const rows = this.#pools.get(config.id) ?? this.#createRows(config.id, resolved.length + SPARE_ENDPOINTS);
    rows.book.keepOnly(new Set(resolved.map(({ id }) => id)), this.#version);
    const endpoints = placeEndpoints(resolved, rows.book, confirmed);
    if (endpoints !== null) return { ...config, endpoints, table: rows.table.handle };
    const larger = this.#createRows(config.id, 2 * Math.max(resolved.length, rows.table.handle.capacity));
    const moved = placeEndpoints(resolved, larger.book, confirmed);
    if (moved === null) throw new Error(`compile: pool "${config.id}" does not fit its new table`);
    return { ...config, endpoints: moved, table: larger.table.handle };
  }

  #createRows(poolId: string, capacity: number): PoolRows {
    const handle = createPoolTable(capacity, this.#options.workerSlots);
    const table = new PoolTable(handle, 0);
    const rows = { table, book: new SlotBook(table, handle.capacity) };
    this.#pools.set(poolId, rows);
    return rows;
  }
}

/** Null where the table has no row left. */
function placeEndpoints(
  resolved: readonly ResolvedEndpoint[],
  book: SlotBook,
  confirmed: number,
): EndpointSpec[] | null {
  const placed: EndpointSpec[] = [];
  for (const endpoint of resolved) {
    const slot = book.take(endpoint.id, confirmed);
    if (slot === null) return null;
    placed.push({ ...endpoint, ...slot });
  }
  return placed;
}
