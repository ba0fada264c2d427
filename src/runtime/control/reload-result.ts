/** What a reload has changed, for a log line and for programs. */
import { isDeepStrictEqual } from 'node:util';
import type { Operation } from '../../core/operations.ts';
import type { Settings } from '../../core/settings.ts';
import type { PoolSpec, RouteSpec, Snapshot } from '../../core/snapshot.ts';

/** One thing that a reload has changed, by the names of the config. */
export type ReloadChange =
  | {
      readonly kind: 'listener-added' | 'listener-moved' | 'listener-changed' | 'listener-removed';
      readonly listener: string;
    }
  | { readonly kind: 'route-added' | 'route-changed' | 'route-removed'; readonly route: string }
  /** The same routes in another order, which decides between equally specific ones. */
  | { readonly kind: 'routes-reordered' }
  | { readonly kind: 'pool-added' | 'pool-changed' | 'pool-removed'; readonly pool: string }
  | {
      readonly kind: 'endpoint-added' | 'endpoint-changed' | 'endpoint-removed';
      readonly pool: string;
      readonly endpoint: string;
    }
  /** It counts in another table: as if nobody had used anything of it up. `ROUTE NAME` for one of a route. */
  | { readonly kind: 'limit-reset'; readonly limit: string }
  | { readonly kind: 'threads-changed'; readonly from: number; readonly to: number }
  /** A section at the top level, by its key. */
  | { readonly kind: 'setting-changed'; readonly setting: Setting };

/** What a reload has done. */
export interface ReloadResult {
  /** Counts the configs that were taken; that of `listen` was 1. */
  readonly version: number;
  /** In the order: threads, settings, listeners, routes, limits, pools with their endpoints. Empty: nothing has changed. */
  readonly changes: readonly ReloadChange[];
  /** For a log line: `accessLog changed, 2 endpoints added, 1 listener moved`; `nothing changed`. */
  readonly summary: string;
  /** From the call until every thread works by the new config, in ms. */
  readonly durationMs: number;
}

/** A key at the top level of a config that belongs to no listener, route or pool. */
export type Setting = keyof Settings;

/** Describes the difference of two snapshots. `operations`: what `diffSnapshots` says of them. */
export function describeChanges(from: Snapshot, to: Snapshot, operations: readonly Operation[]): ReloadChange[] {
  const changes: ReloadChange[] = [];
  if (from.threads !== to.threads) changes.push({ kind: 'threads-changed', from: from.threads, to: to.threads });
  for (const setting of Object.keys(to.settings) as Setting[]) {
    const isSame = isDeepStrictEqual(from.settings[setting], to.settings[setting]);
    if (!isSame) changes.push({ kind: 'setting-changed', setting });
  }
  return [
    ...changes,
    ...listenerChanges(from, to, operations),
    ...(operations.some(({ op }) => op === 'set-routes') ? routeChanges(from, to) : []),
    ...limitResets(from, to),
    ...poolChanges(from, operations),
  ];
}

function listenerChanges(from: Snapshot, to: Snapshot, operations: readonly Operation[]): ReloadChange[] {
  const before = new Set(from.listeners.map(({ id }) => id));
  const after = new Set(to.listeners.map(({ id }) => id));
  return operations.flatMap((operation): ReloadChange[] => {
    if (operation.op === 'open-listener') {
      const listener = operation.listener.id;
      return [{ kind: before.has(listener) ? 'listener-moved' : 'listener-added', listener }];
    }
    if (operation.op === 'update-listener') return [{ kind: 'listener-changed', listener: operation.listener.id }];
    if (operation.op !== 'close-listener' || after.has(operation.id)) return [];
    return [{ kind: 'listener-removed', listener: operation.id }];
  });
}

function routeChanges(from: Snapshot, to: Snapshot): ReloadChange[] {
  const before = new Map(from.routes.map((route) => [route.id, route]));
  const after = new Set(to.routes.map(({ id }) => id));
  const changes: ReloadChange[] = [];
  // What a route logs is made of its own words and of those of the whole config, which are told as such.
  const isLogChanged = !isDeepStrictEqual(from.settings.accessLog, to.settings.accessLog);
  const told = (route: RouteSpec): unknown => (isLogChanged ? { ...route, accessLog: null } : route);
  for (const route of to.routes) {
    const old = before.get(route.id);
    if (old === undefined) changes.push({ kind: 'route-added', route: route.id });
    else if (!isDeepStrictEqual(told(old), told(route))) changes.push({ kind: 'route-changed', route: route.id });
  }
  for (const { id } of from.routes) if (!after.has(id)) changes.push({ kind: 'route-removed', route: id });
  const isSameSet = changes.every(({ kind }) => kind === 'route-changed');
  const isReordered = isSameSet && from.routes.some(({ id }, index) => to.routes[index].id !== id);
  return isReordered ? [...changes, { kind: 'routes-reordered' }] : changes;
}

function limitResets({ limits: before }: Snapshot, { limits: after }: Snapshot): ReloadChange[] {
  const [old, now] = [before?.rates ?? {}, after?.rates ?? {}];
  const reset = Object.keys(now).filter((id) => Object.hasOwn(old, id) && old[id].id !== now[id].id);
  return reset.map((limit) => ({ kind: 'limit-reset', limit }));
}

function poolChanges(from: Snapshot, operations: readonly Operation[]): ReloadChange[] {
  const before = new Map(from.pools.map((pool) => [pool.id, pool]));
  return operations.flatMap((operation): ReloadChange[] => {
    switch (operation.op) {
      case 'add-pool':
        return [{ kind: 'pool-added', pool: operation.pool.id }];
      case 'update-pool': {
        const old = before.get(operation.pool.id);
        // A larger table alone is nobody's business.
        const isSame = isDeepStrictEqual(old && settingsOf(old), settingsOf(operation.pool));
        return isSame ? [] : [{ kind: 'pool-changed', pool: operation.pool.id }];
      }
      case 'remove-pool':
        return [{ kind: 'pool-removed', pool: operation.id }];
      case 'add-endpoint':
        return [{ kind: 'endpoint-added', pool: operation.pool, endpoint: operation.endpoint.id }];
      case 'update-endpoint':
        return [{ kind: 'endpoint-changed', pool: operation.pool, endpoint: operation.endpoint.id }];
      case 'remove-endpoint':
        return [{ kind: 'endpoint-removed', pool: operation.pool, endpoint: operation.id }];
      default:
        return [];
    }
  });
}

function settingsOf({ endpoints: _endpoints, table: _table, ...settings }: PoolSpec): unknown {
  return settings;
}

/** `2 endpoints added, 1 listener moved`, in the order of the changes. */
export function summarize(changes: readonly ReloadChange[]): string {
  if (changes.length === 0) return 'nothing changed';
  const counts = new Map<ReloadChange['kind'], number>();
  for (const { kind } of changes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => phrase(kind, count, changes)).join(', ');
}

function phrase(kind: ReloadChange['kind'], count: number, changes: readonly ReloadChange[]): string {
  if (kind === 'routes-reordered') return 'routes reordered';
  const threads = changes.find((change) => change.kind === 'threads-changed');
  if (kind === 'threads-changed' && threads !== undefined) return `threads ${threads.from} → ${threads.to}`;
  if (kind === 'setting-changed') return `${listed(namesOfSettings(changes))} changed`;
  const [noun, verb] = kind.split('-');
  return `${count} ${noun}${count === 1 ? '' : 's'} ${verb}`;
}

function namesOfSettings(changes: readonly ReloadChange[]): readonly Setting[] {
  return changes.flatMap((change) => (change.kind === 'setting-changed' ? [change.setting] : []));
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  const [last] = names.slice(-1);
  return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
