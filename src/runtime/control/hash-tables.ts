/** The tables that hash policies look keys up in: built here, off the workers, and anew only when endpoints or weights change. */
import { buildHashTable } from '../../core/balancer/hash-table.ts';
import type { HashTableHandle } from '../../core/balancer/hash-table.ts';
import { groupsOf } from '../../core/balancer/groups.ts';
import { definitionOf } from '../../core/balancer/definition-of.ts';
import type { PoolSpec } from '../../core/snapshot.ts';
import type { ResolvedEndpoint } from './resolve-names.ts';

/** Of one pool. */
interface Built {
  /** What they were built for. */
  readonly endpoints: string;
  readonly handles: readonly HashTableHandle[];
}

export class HashTables {
  readonly #built = new Map<string, Built>();

  /** Those that the policies of a pool ask for. */
  of(
    { id, policy, routePolicies, nearZone }: Pick<PoolSpec, 'id' | 'nearZone' | 'policy' | 'routePolicies'>,
    resolved: readonly ResolvedEndpoint[],
  ): readonly HashTableHandle[] {
    const kinds = new Set([policy, ...routePolicies].flatMap((spec) => definitionOf(spec).hashTable ?? []));
    if (kinds.size === 0) {
      this.#built.delete(id);
      return [];
    }
    const groups = groupsOf(resolved, nearZone);
    const ids = resolved.map((endpoint) => endpoint.id);
    const endpoints = JSON.stringify([ids, groups.map(({ weights }) => [...weights])]);
    const before = this.#built.get(id);
    const kept = before?.endpoints === endpoints ? before.handles : [];
    const handles = [...kinds].flatMap((kind) =>
      groups.map(({ weights }, group) => {
        const own = kept.find((each) => each.kind === kind && each.group === group);
        return own ?? buildHashTable(kind, { ids, weights }, group);
      }),
    );
    this.#built.set(id, { endpoints, handles });
    return handles;
  }

  /** Pools that are gone keep nothing. */
  keepOnly(pools: ReadonlySet<string>): void {
    for (const id of this.#built.keys()) if (!pools.has(id)) this.#built.delete(id);
  }
}
