/**
 * Tables in which hash policies look up the endpoint of a key, `ring` and `maglev`. They take milliseconds to build, so
 * that is done off the workers, which all map the same memory. A table depends on the identities and weights of the
 * endpoints alone, so every process and every start has the same one.
 */
import { HalfSipHash, PUBLIC_SEED, mix } from '../keys/half-sip-hash.ts';
import { fillMaglev, MAGLEV_SIZE } from './maglev.ts';
import { buildRing } from './ring.ts';

/** A table in which a hash policy looks keys up. */
export type HashTableKind = 'ring' | 'maglev';

/** Plain data that travels in a snapshot; whoever looks into it attaches a view of its own. */
export interface HashTableHandle {
  /** Identity: the buffer is another object in every thread and with every message. */
  readonly id: number;
  readonly kind: HashTableKind;
  /** The group of the pool's endpoints that is in it. */
  readonly group: number;
  readonly buffer: SharedArrayBuffer;
  /** Points of a ring, places of a maglev table; 0 where every weight is. */
  readonly size: number;
  /** Groups of neighbouring positions in a ring, a power of two. */
  readonly buckets: number;
}

/** What a table is built for, in pool order. */
export interface HashedEndpoints {
  /** Identities; they alone decide which keys an endpoint has. */
  readonly ids: readonly string[];
  readonly weights: ArrayLike<number>;
}

/** The hash of an endpoint's identity: two words each. */
export function hashIdentities(ids: readonly string[]): Int32Array {
  const hash = new HalfSipHash(PUBLIC_SEED);
  const words = new Int32Array(2 * ids.length);
  ids.forEach((id, index) => {
    hash.begin();
    hash.text(id, 0, id.length);
    hash.end();
    words[2 * index] = hash.first;
    words[2 * index + 1] = mix(hash.second ^ hash.first);
  });
  return words;
}

let tables = 0;

export function buildHashTable(kind: HashTableKind, { ids, weights }: HashedEndpoints, group = 0): HashTableHandle {
  const hashes = hashIdentities(ids);
  const id = ++tables;
  if (kind === 'ring') return { id, kind, group, ...buildRing(hashes, weights) };
  const buffer = new SharedArrayBuffer(4 * MAGLEV_SIZE);
  const isFilled = fillMaglev(new Int32Array(buffer), hashes, weights);
  return { id, kind, group, buffer, size: isFilled ? MAGLEV_SIZE : 0, buckets: 0 };
}

/** Where in a table a key is. */
export interface HashLookup {
  /** The endpoint of a hash, -1 in an empty table. */
  find(hash: number): number;
}
