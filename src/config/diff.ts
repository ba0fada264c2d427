/**
 * The difference of two snapshots, by identity: what a reload has to do, and at start everything. Unchanged
 * listeners, pools and endpoints do not occur in it, so that they keep sockets, health, counters and tunnels.
 * Pure; runs in the control plane, where a table is the same object in both snapshots or has been replaced.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DiffSnapshots, Operation } from '../core/operations.ts';
import type { EndpointSpec, ListenerSpec, PoolSpec, Snapshot } from '../core/snapshot.ts';

/**
 * In this order: threads, settings, pools with their endpoints, routes, listeners to open or update; then listeners to
 * close, endpoints and pools to remove. A new pool's endpoints are added one by one after it, and a removed
 * pool's are removed before it: nothing but add-endpoint makes an endpoint.
 */
export const diffSnapshots: DiffSnapshots = (from, to) => {
  const pools = indexById(from?.pools ?? []);
  return [
    ...(from?.threads === to.threads ? [] : [{ op: 'set-threads', threads: to.threads } as const]),
    ...(from !== null && isDeepStrictEqual(from.settings, to.settings) ? [] : [{ op: 'set-settings' } as const]),
    ...to.pools.flatMap((pool) => openPool(pools.get(pool.id) ?? null, pool)),
    ...(from !== null && hasSameRoutes(from, to) ? [] : [{ op: 'set-routes' } as const]),
    ...diffListeners(from?.listeners ?? [], to.listeners),
    ...removeEndpoints(from, to),
  ];
};

/** The listeners' part of it: what there is to open, to update, and last to close. */
export function diffListeners(from: readonly ListenerSpec[], to: readonly ListenerSpec[]): readonly Operation[] {
  const before = indexById(from);
  return [
    ...to.flatMap((listener) => openListener(before.get(listener.id) ?? null, listener)),
    ...closeListeners(from, to),
  ];
}

function hasSameRoutes(from: Snapshot, to: Snapshot): boolean {
  return from.routeTable.buffer === to.routeTable.buffer && isDeepStrictEqual(from.routes, to.routes);
}

function openPool(old: PoolSpec | null, pool: PoolSpec): readonly Operation[] {
  const endpoints = indexById(old?.endpoints ?? []);
  const opened: Operation[] = [];
  if (old === null) opened.push({ op: 'add-pool', pool });
  else if (!isSamePool(old, pool)) opened.push({ op: 'update-pool', pool });
  for (const endpoint of pool.endpoints) {
    const before = endpoints.get(endpoint.id);
    if (before === undefined || !isSameSlot(before, endpoint)) {
      opened.push({ op: 'add-endpoint', pool: pool.id, endpoint });
    } else if (!isDeepStrictEqual(before, endpoint)) {
      opened.push({ op: 'update-endpoint', pool: pool.id, endpoint });
    }
  }
  return opened;
}

/** Everything but the endpoints. The table is compared by identity: its content is the threads' own, and changes all the time. */
function isSamePool(a: PoolSpec, b: PoolSpec): boolean {
  if (a.table.buffer !== b.table.buffer || !isDeepStrictEqual(settingsOf(a), settingsOf(b))) return false;
  return a.hashTables.length === b.hashTables.length && a.hashTables.every(({ id }, at) => id === b.hashTables[at].id);
}

function settingsOf({ endpoints: _endpoints, table: _table, hashTables: _hashTables, ...settings }: PoolSpec): unknown {
  return settings;
}

/** An endpoint in another slot is another endpoint, even under the same address. */
function isSameSlot(a: EndpointSpec, b: EndpointSpec): boolean {
  return a.slot === b.slot && a.generation === b.generation;
}

function openListener(old: ListenerSpec | null, listener: ListenerSpec): readonly Operation[] {
  if (old === null || !isSameAddress(old, listener)) return [{ op: 'open-listener', listener }];
  return isDeepStrictEqual(old, listener) ? [] : [{ op: 'update-listener', listener }];
}

function isSameAddress(a: ListenerSpec, b: ListenerSpec): boolean {
  return a.host === b.host && a.port === b.port && (a.udp === undefined) === (b.udp === undefined);
}

function closeListeners(from: readonly ListenerSpec[], to: readonly ListenerSpec[]): readonly Operation[] {
  const kept = indexById(to);
  return from.flatMap((listener): readonly Operation[] => {
    const { id, host, port, udp } = listener;
    const now = kept.get(id);
    if (now !== undefined && isSameAddress(listener, now)) return [];
    return [{ op: 'close-listener', id, host, port, ...(udp === undefined ? {} : { udp: true }) }];
  });
}

function removeEndpoints(from: Snapshot | null, to: Snapshot): readonly Operation[] {
  const pools = indexById(to.pools);
  return (from?.pools ?? []).flatMap((old): readonly Operation[] => {
    const now = pools.get(old.id);
    const kept = indexById(now?.endpoints ?? []);
    const removed = old.endpoints.flatMap((endpoint): readonly Operation[] => {
      const after = kept.get(endpoint.id);
      if (after !== undefined && isSameSlot(endpoint, after)) return [];
      return [{ op: 'remove-endpoint', pool: old.id, id: endpoint.id, slot: endpoint.slot }];
    });
    return now === undefined ? [...removed, { op: 'remove-pool', id: old.id }] : removed;
  });
}

function indexById<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
