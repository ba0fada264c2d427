/**
 * `hash`: requests of one key go to one endpoint. `ring` and `maglev` look it up in a table that was built for all
 * threads, `rendezvous` works it out. A request without a key gets one at random.
 *
 * Where that endpoint may not be picked, the next one depends on the key as well: on a ring whoever is behind it on the
 * circle, so that the key stays there when the endpoint leaves for good, else another hash of the key. What is too much
 * for an endpoint with bounded load goes to other hashes of its keys, spread over all, and not to a neighbour that would
 * be overrun in its turn.
 */
import { mix } from '../keys/half-sip-hash.ts';
import { CLOSED } from '../shared/pool-table.ts';
import type { HashSpec } from '../snapshot.ts';
import { Candidates } from './candidates.ts';
import type { HashLookup, HashTableHandle } from './hash-table.ts';
import { LoadBound } from './load-bound.ts';
import { MaglevLookup } from './maglev.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { Rendezvous } from './rendezvous.ts';
import { RingLookup } from './ring.ts';

/** Points or hashes looked at before all endpoints are. */
const MAX_STEPS = 16;
const GOLDEN = 0x9e3779b9;
const WORDS = 2 ** 32;

/** A key for a request without one. */
function keyOf({ key }: PickRequest, { random }: PolicyInput): number {
  return key === 0 ? Math.floor(random.next() * WORDS) | 0 : key;
}

abstract class TablePolicy implements Policy {
  readonly input: PolicyInput;
  readonly candidates: Candidates;
  readonly #bound: LoadBound | null;
  readonly #rendezvous: Rendezvous;
  abstract readonly lookup: HashLookup;

  constructor(input: PolicyInput, bound: LoadBound | null) {
    this.input = input;
    this.candidates = new Candidates(input, input.table.inflight, CLOSED);
    this.#bound = bound;
    this.#rendezvous = new Rendezvous(input);
  }

  pick(request: PickRequest): number {
    const key = keyOf(request, this.input);
    const { tried } = request;
    const first = this.lookup.find(key);
    if (first < 0) return -1;
    const bound = this.#bound;
    if (bound === null) return this.candidates.isOpen(first, tried) ? first : this.#pickOther(key, tried);
    bound.begin();
    if (this.candidates.isOpen(first, tried) && bound.allows(first)) return first;
    return this.#pickAllowed(key, tried, bound);
  }

  owner(request: PickRequest): number {
    return request.key === 0 ? -1 : this.lookup.find(request.key);
  }

  /** The next one of a key whose endpoint may not be picked, -1 where it is not found in some steps. */
  abstract findOther(key: number, tried: readonly number[] | null): number;

  #pickOther(key: number, tried: readonly number[] | null): number {
    const other = this.findOther(key, tried);
    if (other >= 0) return other;
    const found = this.#rendezvous.find(key, tried, null);
    return found >= 0 || tried === null ? found : this.#pickTried(key);
  }

  #pickTried(key: number): number {
    const first = this.lookup.find(key);
    return this.candidates.isOpen(first, null) ? first : this.#pickOther(key, null);
  }

  #pickAllowed(key: number, tried: readonly number[] | null, bound: LoadBound): number {
    const first = this.lookup.find(key);
    const next = this.candidates.isOpen(first, tried) ? -1 : this.findOther(key, tried);
    if (next >= 0 && bound.allows(next)) return next;
    for (let step = 1; step <= MAX_STEPS; step++) {
      const index = this.lookup.find(hashAgain(key, step));
      if (this.candidates.isOpen(index, tried) && bound.allows(index)) return index;
    }
    const allowed = this.#rendezvous.find(key, tried, bound);
    // Those that are within their bound have been tried: rather one that has not.
    return allowed >= 0 ? allowed : this.#pickOther(key, tried);
  }
}

/** Another hash of the same key. */
function hashAgain(key: number, step: number): number {
  return mix(key + Math.imul(step, GOLDEN));
}

class RingPolicy extends TablePolicy {
  readonly lookup: RingLookup;

  constructor(input: PolicyInput, bound: LoadBound | null) {
    super(input, bound);
    this.lookup = new RingLookup(tableOf(input, 'ring'));
  }

  findOther(key: number, tried: readonly number[] | null): number {
    let point = this.lookup.pointOf(key);
    for (let step = 0; step < MAX_STEPS; step++) {
      point = this.lookup.next(point);
      const index = this.lookup.ownerOf(point);
      if (this.candidates.isOpen(index, tried)) return index;
    }
    return -1;
  }
}

class MaglevPolicy extends TablePolicy {
  readonly lookup: MaglevLookup;

  constructor(input: PolicyInput, bound: LoadBound | null) {
    super(input, bound);
    this.lookup = new MaglevLookup(tableOf(input, 'maglev'));
  }

  findOther(key: number, tried: readonly number[] | null): number {
    for (let step = 1; step <= MAX_STEPS; step++) {
      const index = this.lookup.find(hashAgain(key, step));
      if (this.candidates.isOpen(index, tried)) return index;
    }
    return -1;
  }
}

class RendezvousPolicy implements Policy {
  readonly #input: PolicyInput;
  readonly #bound: LoadBound | null;
  readonly #rendezvous: Rendezvous;

  constructor(input: PolicyInput, bound: LoadBound | null) {
    this.#input = input;
    this.#bound = bound;
    this.#rendezvous = new Rendezvous(input);
  }

  pick(request: PickRequest): number {
    const key = keyOf(request, this.#input);
    const { tried } = request;
    if (this.#bound !== null) {
      this.#bound.begin();
      const allowed = this.#rendezvous.find(key, tried, this.#bound);
      if (allowed >= 0) return allowed;
    }
    const index = this.#rendezvous.find(key, tried, null);
    return index >= 0 || tried === null ? index : this.#rendezvous.find(key, null, null);
  }
}

function tableOf({ hashTables }: PolicyInput, kind: HashTableHandle['kind']): HashTableHandle {
  const table = hashTables.find((each) => each.kind === kind);
  if (table === undefined) throw new Error(`no ${kind} was built for this pool`);
  return table;
}

const CREATE: Readonly<Record<HashSpec['table'], (input: PolicyInput, bound: LoadBound | null) => Policy>> = {
  ring: (input, bound) => new RingPolicy(input, bound),
  maglev: (input, bound) => new MaglevPolicy(input, bound),
  rendezvous: (input, bound) => new RendezvousPolicy(input, bound),
};

export function hashPolicy({ table, boundedLoad }: HashSpec): PolicyDefinition {
  const isBounded = boundedLoad > 0;
  return {
    name: 'hash',
    readsInFlight: isBounded,
    readsTotal: isBounded,
    isLinear: table === 'rendezvous',
    hashTable: table === 'rendezvous' ? null : table,
    create: (input) => CREATE[table](input, isBounded ? new LoadBound(input, boundedLoad) : null),
  };
}
