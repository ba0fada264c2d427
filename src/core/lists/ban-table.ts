/**
 * Who is banned, and until when, for all threads: a hash table in shared memory of a size that does not change. A bucket
 * is one cache line: eight tags, 0 where a slot is free, and eight ends in seconds. The first word of a client's hash
 * says the bucket, the second is its tag. Where no slot is free, the ban that ends soonest gives way. A client is an
 * address, of IPv6 a network of 64 bits. The control plane writes.
 */
import { HalfSipHash } from '../keys/half-sip-hash.ts';
import type { HashSeed } from '../keys/half-sip-hash.ts';
import { SLOTS, bucketsFor } from '../shared/buckets.ts';
import { parseAddress } from './address.ts';

const BUCKET = 2 * SLOTS;
/** The version lies in a line of its own. */
const HEADER = 16;
const FREE = 0;
const NETWORK_WORDS = 2;

/** Plain data for threads. */
export interface BanTableHandle {
  readonly buffer: SharedArrayBuffer;
  readonly buckets: number;
  /** A secret of this process: nobody can make addresses that meet in one bucket. */
  readonly seed: HashSeed;
}

/** `keys`: rounded up to eight times a power of two. */
export function createBanTable(keys: number, seed: HashSeed): BanTableHandle {
  const buckets = bucketsFor(keys);
  return { buffer: new SharedArrayBuffer((HEADER + buckets * BUCKET) * 4), buckets, seed };
}

const words = new Int32Array(4);

export class BanTable {
  readonly #all: Int32Array;
  readonly #mask: number;
  readonly #hash: HalfSipHash;

  constructor({ buffer, buckets, seed }: BanTableHandle) {
    this.#all = new Int32Array(buffer);
    this.#mask = buckets - 1;
    this.#hash = new HalfSipHash(seed);
  }

  /** Another number after every change. */
  get version(): number {
    return Atomics.load(this.#all, 0);
  }

  /** Seconds since 1970 at which the ban of a client ends, which may be over; 0: it has none, or no address. */
  endOf(client: string): number {
    const bucket = this.#bucketOf(client);
    if (bucket < 0) return 0;
    const tag = this.#tag;
    for (let at = bucket; at < bucket + SLOTS; at++) {
      if (Atomics.load(this.#all, at) === tag) return Atomics.load(this.#all, at + SLOTS) >>> 0;
    }
    return 0;
  }

  /** `end`: in seconds since 1970. */
  ban(client: string, end: number): void {
    const bucket = this.#bucketOf(client);
    if (bucket < 0) return;
    const at = this.#slotFor(bucket, this.#tag);
    Atomics.store(this.#all, at + SLOTS, end | 0);
    Atomics.store(this.#all, at, this.#tag);
    Atomics.add(this.#all, 0, 1);
  }

  unban(client: string): void {
    const bucket = this.#bucketOf(client);
    if (bucket < 0) return;
    const tag = this.#tag;
    for (let at = bucket; at < bucket + SLOTS; at++) Atomics.compareExchange(this.#all, at, tag, FREE);
    Atomics.add(this.#all, 0, 1);
  }

  /** Its own one, else a free one, else that of the ban that ends soonest. */
  #slotFor(bucket: number, tag: number): number {
    let soonest = bucket;
    let soonestEnd = Infinity;
    for (let at = bucket; at < bucket + SLOTS; at++) {
      const there = Atomics.load(this.#all, at);
      if (there === tag) return at;
      const end = there === FREE ? -1 : Atomics.load(this.#all, at + SLOTS) >>> 0;
      if (end >= soonestEnd) continue;
      soonest = at;
      soonestEnd = end;
    }
    return soonest;
  }

  /** -1: it has no address. */
  #bucketOf(client: string): number {
    const family = parseAddress(client, words);
    if (family === 0) return -1;
    this.#hash.begin();
    for (let word = 0; word < (family === 4 ? 1 : NETWORK_WORDS); word++) this.#hash.word(words[word]);
    this.#hash.end();
    return HEADER + (this.#hash.first & this.#mask) * BUCKET;
  }

  /** Of the client whose bucket was asked for last. */
  get #tag(): number {
    return this.#hash.second === FREE ? 1 : this.#hash.second;
  }
}
