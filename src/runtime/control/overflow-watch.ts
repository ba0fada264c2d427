/**
 * Says when requests of a pool begin to go where they do not go in calm, and why: to a later priority, to backups, to
 * another zone. It is asked when health or the config has changed, so there is at most one word for each change; how many
 * requests that is, the counters of the endpoints say.
 */
import { GroupLoads } from '../../core/balancer/group-loads.ts';
import { groupsOf } from '../../core/balancer/groups.ts';
import type { Group } from '../../core/balancer/groups.ts';
import type { PoolTable } from '../../core/shared/pool-table.ts';
import type { PoolSpec } from '../../core/snapshot.ts';

/** Part of a pool's requests goes elsewhere, or none does any more. */
export interface OverflowEvent {
  readonly pool: string;
  /** To endpoints of a later priority, to backups, or to another zone than ours. */
  readonly to: 'priority' | 'backup' | 'zone';
  readonly phase: 'begin' | 'end';
  /** How much of the pool's requests that is now; 0 at the end. */
  readonly percent: number;
  /** For a person: who may be picked of those that it would go to. */
  readonly reason: string;
}

const KINDS: readonly OverflowEvent['to'][] = ['priority', 'backup', 'zone'];

export class OverflowWatch {
  readonly #tell: (event: OverflowEvent) => void;
  /** What has begun, by pool. */
  readonly #begun = new Map<string, ReadonlySet<OverflowEvent['to']>>();

  constructor(tell: (event: OverflowEvent) => void) {
    this.#tell = tell;
  }

  /** Forgets pools that are not there any more. */
  keep(pools: readonly PoolSpec[]): void {
    const ids = new Set(pools.map(({ id }) => id));
    for (const id of this.#begun.keys()) if (!ids.has(id)) this.#begun.delete(id);
  }

  look(pool: PoolSpec, table: PoolTable): void {
    const groups = groupsOf(pool.endpoints, pool.nearZone);
    const before = this.#begun.get(pool.id) ?? new Set();
    if (groups.length < 2 && before.size === 0) return;
    const slots = Int32Array.from(pool.endpoints, ({ slot }) => slot);
    const loads = new GroupLoads({ table, slots }, groups);
    loads.refresh();
    const now = new Set<OverflowEvent['to']>();
    for (const to of KINDS) {
      const share = groups.reduce((sum, group, at) => sum + (isOf(group, to) ? loads.shares[at] : 0), 0);
      if (share > 0) now.add(to);
      if (share > 0 === before.has(to)) continue;
      const percent = share === 0 ? 0 : Math.max(1, Math.round(share * 100));
      const reason = describe(pool, table, to);
      this.#tell({ pool: pool.id, to, phase: share > 0 ? 'begin' : 'end', percent, reason });
    }
    this.#begun.set(pool.id, now);
  }
}

function isOf({ level, isBackup, zones, isNear }: Group, to: OverflowEvent['to']): boolean {
  if (to === 'zone') return zones > 1 && !isNear;
  return to === 'backup' ? isBackup && level > 0 : level > 0 && !isBackup;
}

/** `1 of 2 endpoints of priority 0 may be picked` */
function describe({ endpoints, nearZone }: PoolSpec, table: PoolTable, to: OverflowEvent['to']): string {
  const regular = endpoints.filter(({ isBackup, weight }) => !isBackup && weight > 0);
  const first = Math.min(...regular.map(({ priority }) => priority));
  const [members, of] =
    to === 'backup'
      ? [regular, 'that are no backups']
      : to === 'zone'
        ? [regular.filter(({ zone }) => zone === nearZone), `of zone ${nearZone}`]
        : [regular.filter(({ priority }) => priority === first), `of priority ${first}`];
  const up = members.filter(({ slot }) => table.isEligible(slot)).length;
  return `${up} of ${members.length} ${members.length === 1 ? 'endpoint' : 'endpoints'} ${of} may be picked`;
}
