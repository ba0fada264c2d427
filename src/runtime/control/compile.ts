/**
 * Config → snapshot: gives routes and endpoints their rows in the shared tables. What was there before keeps its
 * row, its generation and its counters, by identity (pool id, endpoint id, route id).
 *
 * Tables cannot grow, so each begins with room to spare. One whose room is used up is followed by one of twice the
 * size, with everything in the same rows: each worker moves what it holds and has counted when it takes the snapshot
 * over, the control plane what workers that are gone have counted. So nothing but memory changes.
 */
import { BY_ADDRESS } from '../../core/balancer/by-address.ts';
import { isSamePolicy } from '../../core/balancer/policies.ts';
import type { LimitTables } from '../../core/limits/rate-limit.ts';
import { PoolTable, createPoolTable } from '../../core/shared/pool-table.ts';
import { hasSessions } from '../../core/server-names.ts';
import type { Settings } from '../../core/settings.ts';
import type { EndpointSpec, PolicySpec, PoolSpec, Snapshot } from '../../core/snapshot.ts';
import type { LoadedPoolTls } from '../../core/tls-files.ts';
import type { Config, PoolConfig } from '../../config/config.ts';
import type { ResolvedEndpoint, ResolvedPools } from './resolve-names.ts';
import { HashTables } from './hash-tables.ts';
import { RouteRows } from './route-rows.ts';
import { SlotBook } from './slot-book.ts';
import type { StickyValues } from './sticky-values.ts';

/** What the config leaves to the machine it runs on. */
export interface Machine {
  /** Data-plane threads, `auto` worked out. */
  readonly threads: number;
  /** `auto` worked out. */
  readonly settings: Settings;
  /** Where workers leave lines of the access log. */
  readonly logRings: readonly SharedArrayBuffer[];
  /** Null where no pool of the config is sticky. */
  readonly stickyValues: StickyValues | null;
  /** Of what pools speak TLS with; null: none does. */
  readonly tlsEditions: TlsEditions | null;
  /** Left out: no route has a limit. */
  readonly limits?: LimitTables | undefined;
}

/** What the workers have said of earlier snapshots. */
export interface Confirmation {
  /** The snapshot that every worker has confirmed, or a later one; 0 before the first. */
  readonly version: number;
  /** Rows of routes that are gone, of which a worker still has an exchange. */
  readonly heldRoutes: ReadonlySet<number>;
}

/** A number by the id of a pool that speaks TLS: another one for every other content of its files. */
export type TlsEditions = ReadonlyMap<string, number>;

type NamedPool = Omit<PoolConfig, 'tls'> & Pick<PoolSpec, 'nearZone' | 'routePolicies' | 'tls'>;

interface PoolRows {
  readonly table: PoolTable;
  readonly book: SlotBook;
}

/** Room for endpoints that come later, at least; as much as there are. */
const SPARE_ENDPOINTS = 16;

export class SnapshotCompiler {
  /** Rows of ledgers and stripes in every table, for the whole life of a process. */
  readonly workerSlots: number;
  readonly #pools = new Map<string, PoolRows>();
  readonly #routes: RouteRows;
  readonly #hashTables = new HashTables();
  #stickyValues: StickyValues | null = null;
  #version = 0;

  constructor(workerSlots: number) {
    this.workerSlots = workerSlots;
    this.#routes = new RouteRows(workerSlots);
  }

  compile(config: Config, endpoints: ResolvedPools, machine: Machine, confirmed: Confirmation): Snapshot {
    this.#version++;
    const kept = new Set(config.pools.map(({ id }) => id));
    for (const id of this.#pools.keys()) if (!kept.has(id)) this.#pools.delete(id);
    this.#hashTables.keepOnly(kept);
    this.#stickyValues = machine.stickyValues;
    const layer4 = config.listeners.filter((listener) => hasSessions(listener) || listener.udp !== undefined);
    const [routes, sessionRows] = this.#placeRows(config.routes, layer4, confirmed);
    const pools = config.pools.map((pool) =>
      this.#compilePool(
        {
          ...pool,
          tls: loadedTls(pool, machine.tlsEditions),
          routePolicies: policiesOf(config.routes, pool),
          nearZone: pool.zones === 'prefer' ? machine.settings.zone : '',
        },
        endpoints.get(pool.id) ?? [],
        confirmed.version,
      ),
    );
    return {
      version: this.#version,
      threads: machine.threads,
      listeners: config.listeners,
      routes,
      pools,
      settings: machine.settings,
      routeTable: this.#routes.handle,
      sessionRows,
      logRings: machine.logRings,
      ...(machine.limits === undefined ? {} : { limits: machine.limits }),
    };
  }

  /** The same snapshot with other endpoints in some of its pools, or others of their files; their names stay. */
  refresh(
    before: Snapshot,
    pools: ReadonlyMap<string, readonly ResolvedEndpoint[]>,
    tlsEditions: TlsEditions,
    confirmed: Confirmation,
  ): Snapshot {
    this.#version++;
    const refreshed = before.pools.map((pool) => {
      const endpoints = pools.get(pool.id);
      if (endpoints === undefined) return pool;
      return this.#compilePool({ ...pool, tls: loadedTls(pool, tlsEditions) }, endpoints, confirmed.version);
    });
    return { ...before, version: this.#version, pools: refreshed };
  }

  /** Routes and listeners of layer 4 count in the same table. No route has a name with a blank. */
  #placeRows(
    routes: Config['routes'],
    listeners: Config['listeners'],
    confirmed: Confirmation,
  ): [Snapshot['routes'], Snapshot['sessionRows']] {
    const owners = [...routes.map(({ id }) => id), ...listeners.map(({ id }) => `listener ${id}`)];
    const slots = this.#routes.place(owners, this.#version, confirmed);
    return [
      routes.map((route, index) => ({ ...route, slot: slots[index] })),
      Object.fromEntries(listeners.map(({ id }, index) => [id, slots[routes.length + index]])),
    ];
  }

  #compilePool(pool: Omit<NamedPool, 'endpoints'>, resolved: readonly ResolvedEndpoint[], confirmed: number): PoolSpec {
    const config = { ...pool, hashTables: this.#hashTables.of(pool, resolved) };
    const rows = this.#pools.get(config.id) ?? this.#createRows(config.id, resolved.length);
    rows.book.keepOnly(new Set(resolved.map(({ id }) => id)), this.#version);
    const bindable = this.#bind(pool, resolved);
    const endpoints = placeEndpoints(bindable, rows.book, confirmed);
    if (endpoints !== null) return { ...config, endpoints, table: rows.table.handle };
    const larger = this.#enlarge(config.id, rows, resolved.length);
    const placed = placeEndpoints(bindable, larger.book, confirmed);
    if (placed === null) throw new Error(`compile: pool "${config.id}" does not fit its new table`);
    return { ...config, endpoints: placed, table: larger.table.handle };
  }

  /** Endpoints of a sticky pool get the value of their cookies. */
  #bind({ sticky }: Pick<PoolSpec, 'sticky'>, resolved: readonly ResolvedEndpoint[]): readonly ResolvedEndpoint[] {
    const values = this.#stickyValues;
    if (sticky === null || values === null) return resolved;
    return resolved.map((endpoint) => ({ ...endpoint, stickyValue: values.of(sticky, endpoint.id) }));
  }

  #createRows(poolId: string, endpoints: number): PoolRows {
    const table = this.#createTable(endpoints + Math.max(SPARE_ENDPOINTS, endpoints));
    const rows = { table, book: new SlotBook(table, table.handle.capacity) };
    this.#pools.set(poolId, rows);
    return rows;
  }

  /** Old rows may stay taken for a while: there is room for all of the new ones beside them. */
  #enlarge(poolId: string, { table: before, book }: PoolRows, endpoints: number): PoolRows {
    const { capacity } = before.handle;
    const table = this.#createTable(capacity + Math.max(capacity, endpoints));
    table.succeed(before);
    book.moveTo(table, table.handle.capacity);
    const rows = { table, book };
    this.#pools.set(poolId, rows);
    return rows;
  }

  #createTable(capacity: number): PoolTable {
    return new PoolTable(createPoolTable(capacity, this.workerSlots), 0);
  }
}

function loadedTls({ id, tls }: Pick<PoolConfig, 'id' | 'tls'>, editions: TlsEditions | null): LoadedPoolTls | null {
  return tls === null ? null : { ...tls, edition: editions?.get(id) ?? 0 };
}

/** Policies that routes to a pool name for themselves, and that of Socket.IO, each once. */
function policiesOf(routes: Config['routes'], { id, sticky }: PoolConfig): readonly PolicySpec[] {
  const named = routes.flatMap((route) => (route.pool === id && route.policy !== null ? [route.policy] : []));
  if (sticky?.isSocketIo === true) named.push(BY_ADDRESS);
  return named.filter((policy, at) => named.findIndex((other) => isSamePolicy(other, policy)) === at);
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
