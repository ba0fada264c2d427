/**
 * In which order the endpoints of a pool are to be used: by priority, within a priority by zone, backups last. A pool
 * with neither is one group, and pays nothing for that there could be more.
 */
import type { HashTableHandle } from './hash-table.ts';

/** What places an endpoint, in pool order. */
export interface Placed {
  readonly weight: number;
  /** 0 is used first. */
  readonly priority: number;
  /** `''`: nobody says. */
  readonly zone: string;
  readonly isBackup: boolean;
}

/** Endpoints that are picked among at the same time. */
export interface Group {
  /** Those of a level share the load that comes to it; a level follows when the one before has too few left. */
  readonly level: number;
  /** Of a level of backups: used when nobody else is eligible. */
  readonly isBackup: boolean;
  /** In our own zone, with others of its level elsewhere. */
  readonly isNear: boolean;
  /** Zones of the level, where it is divided; else 1. */
  readonly zones: number;
  /** In pool order, 0 for those that are not in the group. */
  readonly weights: Float64Array;
}

/** `zone`: our own, `''` where zones do not matter. At least one group; of a level, the near one first. */
export function groupsOf(endpoints: readonly Placed[], zone: string): readonly Group[] {
  const names = [...new Set(endpoints.map(levelOf))].sort((a, b) => a - b);
  const groups = names.flatMap((name, level) => {
    const isMember = (endpoint: Placed): boolean => levelOf(endpoint) === name;
    return divide(endpoints, isMember, zone).map((part) => ({ ...part, level, isBackup: name >= BACKUPS }));
  });
  return groups.length > 0
    ? groups
    : [{ level: 0, isBackup: false, isNear: false, zones: 1, weights: new Float64Array(0) }];
}

const BACKUPS = 2 ** 31;

function levelOf({ priority, isBackup }: Placed): number {
  return isBackup ? BACKUPS + priority : priority;
}

function divide(
  endpoints: readonly Placed[],
  isMember: (endpoint: Placed) => boolean,
  zone: string,
): readonly Pick<Group, 'isNear' | 'zones' | 'weights'>[] {
  const weightsOf = (isIn: (endpoint: Placed) => boolean): Float64Array =>
    Float64Array.from(endpoints, (endpoint) => (isMember(endpoint) && isIn(endpoint) ? endpoint.weight : 0));
  const zones = new Set(endpoints.filter((each) => isMember(each) && each.weight > 0).map((each) => each.zone)).size;
  if (zone === '' || zones < 2) return [{ isNear: false, zones: 1, weights: weightsOf(() => true) }];
  const near = weightsOf((each) => each.zone === zone);
  if (near.every((weight) => weight === 0)) return [{ isNear: false, zones: 1, weights: weightsOf(() => true) }];
  return [
    { isNear: true, zones, weights: near },
    { isNear: false, zones, weights: weightsOf((each) => each.zone !== zone) },
  ];
}

/** The tables that were built for one group. */
export function tablesOfGroup(tables: readonly HashTableHandle[], group: number): readonly HashTableHandle[] {
  return tables.filter((table) => table.group === group);
}
