/**
 * How much each key of a limit holds at this moment, for all threads: a hash table in shared memory of a size that does
 * not change. A bucket is one cache line: eight tags and eight counts. A key lies in one of two buckets; a new one goes
 * to that with more room. A count is 0 where a slot is free, above 0 where it is held, and below where a thread is making
 * it for its key: -1 for the first thread, -2 for the second …
 *
 * **A new key** gets a slot by compare-and-swap from 0 to that mark. Then its tag is written, and whoever makes it looks
 * whether somebody else has the key or makes a slot for it: of two that see each other the one in the lower slot goes on.
 *
 * **A thread may be ended** at any moment. What it holds stands in its ledger as well, right behind the count; the
 * control plane takes that back, and its marks with it.
 */
import { SLOTS, bucketsFor } from '../shared/buckets.ts';
import { Layout, float64At, int32At } from '../shared/layout.ts';
import type { OwnPlace, Place } from '../shared/layout.ts';

const BUCKET = 2 * SLOTS;
const FREE = 0;
const ABSENT = -1;
const UNSETTLED = -2;
const RETRY = -3;
/** Loads after which somebody who makes a slot has lost the processor: it needs ours … */
const PATIENCE = 2000;
/** … for a millisecond, and so often again before it is taken for gone. */
const MOST_NAPS = 100;
/** Spreads the first word of a hash to a second bucket (Knuth's multiplier). */
const SPREAD = 0x9e3779b1;

/** In the place of a slot: the key holds as much as it may … */
export const FULL = -1;
/** … or there is no room to count it. */
export const UNTRACKED = -2;

/** Counters, a line of its own for each worker. */
export const HELD_ADMITTED = 0;
export const HELD_REFUSED = 1;
/** Of those admitted. */
export const HELD_UNTRACKED = 2;
const LINE_DOUBLES = 16;

/** Plain data that travels in a snapshot. */
export interface CountTableHandle {
  /** Identity: the buffer is another object in every thread and with every message. */
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  readonly buckets: number;
  readonly workerSlots: number;
}

interface CountLayout {
  readonly words: Place;
  readonly ledger: OwnPlace;
  readonly counters: Place;
  readonly bytes: number;
}

function countLayout({ buckets, workerSlots }: Pick<CountTableHandle, 'buckets' | 'workerSlots'>): CountLayout {
  const layout = new Layout(buckets * SLOTS, workerSlots);
  return {
    words: layout.header(buckets * BUCKET),
    ledger: layout.ledger(1),
    counters: layout.headerDoubles(workerSlots * LINE_DOUBLES),
    bytes: layout.bytes,
  };
}

let tables = 0;

export function createCountTable(keys: number, workerSlots: number): CountTableHandle {
  const buckets = bucketsFor(keys);
  const { bytes } = countLayout({ buckets, workerSlots });
  return { id: ++tables, buffer: new SharedArrayBuffer(bytes), buckets, workerSlots };
}

export class CountTable {
  readonly handle: CountTableHandle;
  readonly #words: Int32Array;
  readonly #ledger: Int32Array;
  readonly #ledgerStride: number;
  readonly #ownLedger: number;
  readonly #counters: Float64Array;
  readonly #ownCounters: number;
  readonly #mask: number;
  readonly #mark: number;

  /** `worker`: the slot of this thread. */
  constructor(handle: CountTableHandle, worker: number) {
    const { words, ledger, counters } = countLayout(handle);
    this.handle = handle;
    this.#words = int32At(handle.buffer, words);
    this.#ledger = int32At(handle.buffer, ledger);
    this.#ledgerStride = ledger.stride;
    this.#ownLedger = worker * ledger.stride;
    this.#counters = float64At(handle.buffer, counters);
    this.#ownCounters = worker * LINE_DOUBLES;
    this.#mask = handle.buckets - 1;
    this.#mark = markOf(worker);
  }

  /** One more for a key that may hold `max`. Returns what `release` takes, or FULL or UNTRACKED, where nothing has changed. */
  take(first: number, second: number, max: number): number {
    const one = (first & this.#mask) * BUCKET;
    const other = otherBucket(first, this.#mask) * BUCKET;
    for (let tries = 0; ; tries++) {
      const at = this.#find(one, other, second);
      const taken = at >= 0 ? this.#add(at, second, max) : at === ABSENT ? this.#insert(one, other, second) : RETRY;
      if (taken !== RETRY) return taken;
      if (at !== UNSETTLED || tries <= PATIENCE) continue;
      if (tries > PATIENCE + MOST_NAPS) return UNTRACKED;
      this.#nap(one);
    }
  }

  /** Gives the processor to whoever has lost it between two steps. */
  #nap(at: number): void {
    Atomics.wait(this.#words, at + SLOTS, Atomics.load(this.#words, at + SLOTS), 1);
  }

  /** Where the key is; ABSENT, or UNSETTLED where somebody is making a slot for it. */
  #find(one: number, other: number, tag: number): number {
    const words = this.#words;
    let found = ABSENT;
    for (let slot = 0; slot < BUCKET; slot++) {
      const at = slot < SLOTS ? one + slot : other + slot - SLOTS;
      if (Atomics.load(words, at) !== tag) continue;
      const count = Atomics.load(words, at + SLOTS);
      if (count > 0) return at;
      if (count < 0) found = UNSETTLED;
    }
    return found;
  }

  #add(at: number, tag: number, max: number): number {
    const words = this.#words;
    const count = Atomics.load(words, at + SLOTS);
    if (count <= 0) return RETRY;
    if (count >= max) return Atomics.load(words, at) === tag ? FULL : RETRY;
    if (Atomics.compareExchange(words, at + SLOTS, count, count + 1) !== count) return RETRY;
    this.#ledger[this.#ownLedger + rowOf(at)]++;
    if (Atomics.load(words, at) === tag) return at;
    // It has been given to another key meanwhile.
    this.release(at);
    return RETRY;
  }

  #insert(one: number, other: number, tag: number): number {
    const words = this.#words;
    const at = this.#freeSlot(one, other);
    if (at === ABSENT) return UNTRACKED;
    if (Atomics.compareExchange(words, at + SLOTS, FREE, this.#mark) !== FREE) return RETRY;
    Atomics.store(words, at, tag);
    if (!this.#isAlone(one, other, at, tag)) {
      Atomics.compareExchange(words, at + SLOTS, this.#mark, FREE);
      return RETRY;
    }
    if (Atomics.compareExchange(words, at + SLOTS, this.#mark, 1) !== this.#mark) return RETRY;
    this.#ledger[this.#ownLedger + rowOf(at)]++;
    return at;
  }

  /** In the bucket with more of them. */
  #freeSlot(one: number, other: number): number {
    const words = this.#words;
    let [free, freeInOther, at, atInOther] = [0, 0, ABSENT, ABSENT];
    for (let slot = SLOTS - 1; slot >= 0; slot--) {
      if (Atomics.load(words, one + slot + SLOTS) === FREE) {
        free++;
        at = one + slot;
      }
      if (Atomics.load(words, other + slot + SLOTS) === FREE) {
        freeInOther++;
        atInOther = other + slot;
      }
    }
    return freeInOther > free ? atInOther : at;
  }

  /** Nobody else has the key, or will have it. */
  #isAlone(one: number, other: number, own: number, tag: number): boolean {
    const words = this.#words;
    for (let slot = 0; slot < BUCKET; slot++) {
      const at = slot < SLOTS ? one + slot : other + slot - SLOTS;
      if (at === own) continue;
      for (let looks = 0; Atomics.load(words, at) === tag; looks++) {
        const count = Atomics.load(words, at + SLOTS);
        if (count === FREE) break;
        // The lower one goes on, once the higher one has given way.
        if (count > 0 || at < own || looks > PATIENCE) return false;
      }
    }
    return true;
  }

  /** Gives back what `take` has given; nothing where that is none. */
  release(at: number): void {
    if (at < 0) return;
    Atomics.sub(this.#words, at + SLOTS, 1);
    this.#ledger[this.#ownLedger + rowOf(at)]--;
  }

  count(counter: number): void {
    this.#counters[this.#ownCounters + counter]++;
  }

  /** Over all threads. */
  total(counter: number): number {
    let sum = 0;
    for (let at = counter; at < this.#counters.length; at += LINE_DOUBLES) sum += this.#counters[at];
    return sum;
  }

  /** What all keys hold together. */
  get held(): number {
    let sum = 0;
    for (let bucket = 0; bucket < this.handle.buckets * BUCKET; bucket += BUCKET) {
      for (let at = bucket; at < bucket + SLOTS; at++) sum += Math.max(0, Atomics.load(this.#words, at + SLOTS));
    }
    return sum;
  }

  /** Control plane: a thread is gone, and with it what it held and was making. */
  clearLedger(worker: number): void {
    const mark = markOf(worker);
    for (let row = 0; row < this.handle.buckets * SLOTS; row++) {
      const at = Math.floor(row / SLOTS) * BUCKET + (row % SLOTS) + SLOTS;
      Atomics.compareExchange(this.#words, at, mark, FREE);
      const held = this.#ledger[worker * this.#ledgerStride + row];
      if (held === 0) continue;
      this.#ledger[worker * this.#ledgerStride + row] = 0;
      Atomics.sub(this.#words, at, held);
    }
  }
}

function markOf(worker: number): number {
  return -1 - worker;
}

/** Of a tag's place: its row in the ledgers. */
function rowOf(at: number): number {
  return (at >> 4) * SLOTS + (at & (SLOTS - 1));
}

/** Another one, where there are several. */
function otherBucket(first: number, mask: number): number {
  const other = (Math.imul(first, SPREAD) >>> 16) & mask;
  return other === (first & mask) ? (other ^ 1) & mask : other;
}
