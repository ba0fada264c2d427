/** Tables of limits of rate: which limit has which, what they have counted, and their upkeep. */
import type { Clock } from '../../core/clock.ts';
import {
  GcraTable,
  RATE_ADMITTED,
  RATE_EVICTED,
  RATE_INSERTS,
  RATE_REFUSED,
  RATE_WAITED,
  RATE_WOULD_LIMIT,
  createGcraTable,
} from '../../core/limits/gcra-table.ts';
import { SLOTS } from '../../core/shared/buckets.ts';
import type { GcraTableHandle } from '../../core/limits/gcra-table.ts';
import type { RateLimitStats } from '../../core/limits/limit-stats.ts';
import { isSameTable } from '../../core/limits/rate-limit.ts';
import type { RateLimitSpec } from '../../core/limits/rate-limit.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import type { Scheduler } from '../../checks/scheduler.ts';
import { TableSweeper } from './table-sweeper.ts';

/** The control plane counts nothing itself: any line will do to look. */
const LOOKING = 0;

interface Counted {
  readonly spec: RateLimitSpec;
  readonly table: GcraTable;
  readonly sweeper: TableSweeper;
}

export type LimitedRoute = Pick<RouteSpec, 'id' | 'rateLimit'>;

export interface RateTablesOptions {
  readonly workerSlots: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export class RateTables {
  readonly #options: RateTablesOptions;
  #counted = new Map<string, Counted>();

  constructor(options: RateTablesOptions) {
    this.#options = options;
  }

  /** Those of these routes by the identity of the limit: the same as before, or new ones. Nothing has changed yet. */
  of(routes: readonly LimitedRoute[]): Readonly<Record<string, GcraTableHandle>> {
    const handles = [...specsOf(routes).values()].map((spec): [string, GcraTableHandle] => {
      const before = this.#counted.get(spec.id);
      const isKept = before !== undefined && isSameTable(before.spec, spec);
      return [spec.id, isKept ? before.table.handle : createGcraTable(spec.keys, this.#options.workerSlots)];
    });
    return Object.fromEntries(handles);
  }

  /** From now on these are the ones that count. */
  settle(routes: readonly LimitedRoute[], handles: Readonly<Record<string, GcraTableHandle>>): void {
    const before = this.#counted;
    this.#counted = new Map();
    for (const [id, spec] of specsOf(routes)) {
      const old = before.get(id);
      const isKept = old?.table.handle.id === handles[id].id;
      this.#counted.set(id, isKept ? { ...old, spec } : this.#begin(spec, handles[id]));
      if (isKept) before.delete(id);
    }
    for (const { sweeper } of before.values()) sweeper.stop();
  }

  #begin(spec: RateLimitSpec, handle: GcraTableHandle): Counted {
    const table = new GcraTable(handle, spec, LOOKING);
    return { spec, table, sweeper: new TableSweeper(table, this.#options) };
  }

  stats(): readonly RateLimitStats[] {
    return [...this.#counted.values()].map(({ spec, table }) => statsOf(spec, table));
  }

  stop(): void {
    for (const { sweeper } of this.#counted.values()) sweeper.stop();
  }
}

/** Each once, in the order of the routes. */
function specsOf(routes: readonly LimitedRoute[]): ReadonlyMap<string, RateLimitSpec> {
  return new Map(routes.flatMap(({ rateLimit = [] }) => rateLimit.map((spec) => [spec.id, spec] as const)));
}

function statsOf({ id, name }: RateLimitSpec, table: GcraTable): RateLimitStats {
  return {
    limit: name,
    route: id === name ? null : id.slice(0, id.indexOf(' ')),
    keys: table.handle.buckets * SLOTS,
    admitted: table.total(RATE_ADMITTED),
    refused: table.total(RATE_REFUSED),
    waited: table.total(RATE_WAITED),
    wouldLimit: table.total(RATE_WOULD_LIMIT),
    inserts: table.total(RATE_INSERTS),
    evictedLive: table.total(RATE_EVICTED),
  };
}
