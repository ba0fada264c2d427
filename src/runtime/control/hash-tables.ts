/** The tables that hash policies look keys up in: built here, off the workers, and anew only when endpoints or weights change. */
import { buildHashTable } from '../../core/balancer/hash-table.ts';
import type { HashTableHandle, HashTableKind } from '../../core/balancer/hash-table.ts';
import { definitionOf } from '../../core/balancer/policies.ts';
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
    { id, policy, routePolicies }: Pick<PoolSpec, 'id' | 'policy' | 'routePolicies'>,
    resolved: readonly ResolvedEndpoint[],
  ): readonly HashTableHandle[] {
    const kinds = new Set([policy, ...routePolicies].flatMap((spec) => definitionOf(spec).hashTable ?? []));
    if (kinds.size === 0) {
      this.#built.delete(id);
      return [];
    }
    const endpoints = JSON.stringify(resolved.map((endpoint) => [endpoint.id, endpoint.weight]));
    const before = this.#built.get(id);
    const kept = before?.endpoints === endpoints ? before.handles : [];
    const handles = [...kinds].map((kind) => kept.find((each) => each.kind === kind) ?? build(kind, resolved));
    this.#built.set(id, { endpoints, handles });
    return handles;
  }

  /** Pools that are gone keep nothing. */
  keepOnly(pools: ReadonlySet<string>): void {
    for (const id of this.#built.keys()) if (!pools.has(id)) this.#built.delete(id);
  }
}

function build(kind: HashTableKind, resolved: readonly ResolvedEndpoint[]): HashTableHandle {
  const ids = resolved.map(({ id }) => id);
  const weights = resolved.map(({ weight }) => weight);
  return buildHashTable(kind, { ids, weights });
}
