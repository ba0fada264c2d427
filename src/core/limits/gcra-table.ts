/**
 * How far ahead each key of a limit of rate is, for all threads: a hash table in shared memory of a size that does not
 * change. A bucket is one cache line: eight tags, 0 where a slot is free, and eight TATs (`rate.ts`). The first word of
 * a key's hash says the bucket, the second is its tag.
 *
 * **Taking** changes a TAT by compare-and-swap, between two looks at its tag: a slot that has been given to another key
 * meanwhile is noticed, and the request counts where its key is now. So no thread ever admits one too many.
 *
 * **A new key** claims a free slot: its tag with {@link CLAIMED} in it, by compare-and-swap. Whoever claims looks whether
 * somebody else has the key or claims it as well, and only then takes the mark away. Of two that see each other the one
 * in the lower slot goes on. Where no slot is free, the one whose key is the least ahead is freed, not the one that was
 * used least lately: a stranger with many addresses then pushes out those who have used up the least.
 *
 * **Time** goes round in 32 bits. Nobody but the sweeper (control plane) takes a TAT for a stale one: a thread that was
 * held up has an old time, and what looks too far ahead to it is not.
 */
import { SLOTS, bucketsFor } from '../shared/buckets.ts';
import { Layout, float64At, int32At } from '../shared/layout.ts';
import type { OwnPlace, Place } from '../shared/layout.ts';
import { MOST_AHEAD, paceOf, ticksAt } from './rate.ts';
import type { Pace, PacedRate } from './rate.ts';

const BUCKET = 2 * SLOTS;
const FREE = 0;
/** In a tag: its slot is being made for this key. */
const CLAIMED = 1;
const ABSENT = -1;
const UNSETTLED = -2;
/** Loads after which a claim that stays is taken for one whose thread has stopped. */
const PATIENCE = 2000;
/** What no thread can have written, however late it is: the time since it was written has gone round. */
const BEYOND = 2 ** 30;

/** Counters, a line of its own for each worker. */
export const RATE_ADMITTED = 0;
export const RATE_REFUSED = 1;
/** Of those admitted. */
export const RATE_WAITED = 2;
/** Those that a limit on trial would have refused. */
export const RATE_WOULD_LIMIT = 3;
/** Keys that lost their place while they were ahead: the table is too small. */
export const RATE_EVICTED = 4;
/** Keys that got a place. */
export const RATE_INSERTS = 5;
const RATE_COUNTERS = 6;

/** Plain data that travels in a snapshot. */
export interface GcraTableHandle {
  /** Identity: the buffer is another object in every thread and with every message. */
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  readonly buckets: number;
  readonly workerSlots: number;
}

interface GcraLayout {
  readonly words: Place;
  readonly counters: OwnPlace;
  readonly bytes: number;
}

function gcraLayout({ buckets, workerSlots }: Pick<GcraTableHandle, 'buckets' | 'workerSlots'>): GcraLayout {
  const layout = new Layout(1, workerSlots);
  return {
    words: layout.header(buckets * BUCKET),
    counters: layout.doubles(RATE_COUNTERS),
    bytes: layout.bytes,
  };
}

let tables = 0;

export function createGcraTable(keys: number, workerSlots: number): GcraTableHandle {
  const buckets = bucketsFor(keys);
  const { bytes } = gcraLayout({ buckets, workerSlots });
  return { id: ++tables, buffer: new SharedArrayBuffer(bytes), buckets, workerSlots };
}

/** Where a table has the time from. */
export interface TableClock {
  /** May be that of the loop's turn. */
  now(): number;
  /** Read from the system now. */
  freshNow(): number;
}

export class GcraTable {
  readonly handle: GcraTableHandle;
  readonly pace: Pace;
  readonly #words: Int32Array;
  readonly #counters: Float64Array;
  readonly #counterStride: number;
  readonly #ownCounters: number;
  readonly #mask: number;
  /** How far ahead the key of the last `take` was then, in ticks, its own cost included where it was admitted. */
  ahead = 0;

  /** `worker`: the slot of this thread. */
  constructor(handle: GcraTableHandle, limit: PacedRate, worker: number) {
    const { words, counters } = gcraLayout(handle);
    this.handle = handle;
    this.pace = paceOf(limit);
    this.#words = int32At(handle.buffer, words);
    this.#counters = float64At(handle.buffer, counters);
    this.#counterStride = counters.stride;
    this.#ownCounters = worker * counters.stride;
    this.#mask = handle.buckets - 1;
  }

  /**
   * Takes `cost` requests' worth for a key. Returns how many ticks too early it comes: up to 0 it may pass, up to
   * `pace.wait` after so long, and with more it is refused, and nothing has changed.
   */
  take(first: number, second: number, cost: number, clock: TableClock): number {
    const early = this.#take(first, second, cost, ticksAt(clock.now(), this.pace));
    // Nobody is refused by an old time.
    return early > this.pace.wait ? this.#take(first, second, cost, ticksAt(clock.freshNow(), this.pace)) : early;
  }

  /** What `take` would return, and nothing is taken. */
  look(first: number, second: number, cost: number, ms: number): number {
    const at = this.#find((first & this.#mask) * BUCKET, tagOf(second));
    this.ahead = at < 0 ? 0 : aheadOf(Atomics.load(this.#words, at + SLOTS), ticksAt(ms, this.pace));
    return this.ahead + cost * this.pace.cost - this.pace.most;
  }

  /** Hot: every request of a route with a limit comes here. */
  #take(first: number, second: number, cost: number, now: number): number {
    const words = this.#words;
    const bucket = (first & this.#mask) * BUCKET;
    const tag = tagOf(second);
    const { most, wait } = this.pace;
    const price = cost * this.pace.cost;
    for (let tries = 0; ; tries++) {
      const at = this.#find(bucket, tag);
      if (at === ABSENT) {
        this.ahead = price;
        if (price - most > wait || this.#insert(bucket, tag, (now + price) | 0, now)) return price - most;
        continue;
      }
      if (at === UNSETTLED) {
        if (tries > PATIENCE) this.#release(bucket, tag | CLAIMED);
        continue;
      }
      const tat = Atomics.load(words, at + SLOTS);
      if (Atomics.load(words, at) !== tag) continue;
      const ahead = aheadOf(tat, now);
      this.ahead = ahead;
      if (ahead + price - most > wait) return ahead + price - most;
      if (Atomics.compareExchange(words, at + SLOTS, tat, (now + ahead + price) | 0) !== tat) continue;
      if (Atomics.load(words, at) !== tag) continue;
      this.ahead = ahead + price;
      return ahead + price - most;
    }
  }

  /** Where the key is; ABSENT, or UNSETTLED where somebody is making a slot for it. */
  #find(bucket: number, tag: number): number {
    const words = this.#words;
    let found = ABSENT;
    for (let at = bucket; at < bucket + SLOTS; at++) {
      const there = Atomics.load(words, at);
      if (there === tag) return at;
      if (there === (tag | CLAIMED)) found = UNSETTLED;
    }
    return found;
  }

  /** False: it has to be looked for again. */
  #insert(bucket: number, tag: number, tat: number, now: number): boolean {
    const words = this.#words;
    const at = this.#freeSlot(bucket, now);
    const before = Atomics.load(words, at + SLOTS);
    if (Atomics.compareExchange(words, at, FREE, tag | CLAIMED) !== FREE) return false;
    const isOurs = Atomics.compareExchange(words, at + SLOTS, before, tat) === before && this.#isAlone(bucket, at, tag);
    if (!isOurs) {
      Atomics.compareExchange(words, at, tag | CLAIMED, FREE);
      return false;
    }
    // Whoever had to wait for too long has given the slot away.
    if (Atomics.compareExchange(words, at, tag | CLAIMED, tag) !== (tag | CLAIMED)) return false;
    this.count(RATE_INSERTS);
    return true;
  }

  /** Nobody else in the bucket has the key, or will have it. */
  #isAlone(bucket: number, own: number, tag: number): boolean {
    const words = this.#words;
    for (let at = bucket; at < bucket + SLOTS; at++) {
      if (at === own) continue;
      for (let looks = 0; ; looks++) {
        const there = Atomics.load(words, at);
        if (there === tag) return false;
        if (there !== (tag | CLAIMED)) break;
        // The lower one goes on, once the higher one has given way.
        if (at < own || looks > PATIENCE) return false;
      }
    }
    return true;
  }

  /** A slot that was free, or whose key has lost it just now. */
  #freeSlot(bucket: number, now: number): number {
    const words = this.#words;
    let least = bucket;
    let leastTag = FREE;
    let leastAhead = Infinity;
    for (let at = bucket; at < bucket + SLOTS; at++) {
      const tag = Atomics.load(words, at);
      if (tag === FREE) return at;
      // How far behind decides as well: it is the longest ago.
      const ahead = (Atomics.load(words, at + SLOTS) - now) | 0;
      const rank = (tag & CLAIMED) === 0 ? ahead : BEYOND;
      if (rank >= leastAhead) continue;
      least = at;
      leastTag = tag;
      leastAhead = rank;
    }
    if (Atomics.compareExchange(words, least, leastTag, FREE) === leastTag && leastAhead > 0) this.count(RATE_EVICTED);
    return least;
  }

  #release(bucket: number, claim: number): void {
    for (let at = bucket; at < bucket + SLOTS; at++) Atomics.compareExchange(this.#words, at, claim, FREE);
  }

  count(counter: number): void {
    this.#counters[this.#ownCounters + counter]++;
  }

  /** Over all threads. */
  total(counter: number): number {
    let sum = 0;
    for (let at = counter; at < this.#counters.length; at += this.#counterStride) sum += this.#counters[at];
    return sum;
  }

  /**
   * Control plane: looks after the slots of some buckets, from `bucket` on. A key that has long been even stays just
   * behind, so that it never seems to be ahead once time has gone round, and a claim that was left behind goes.
   */
  sweep(bucket: number, buckets: number, ms: number): void {
    const words = this.#words;
    const now = ticksAt(ms, this.pace);
    const end = Math.min(bucket + buckets, this.handle.buckets) * BUCKET;
    for (let start = bucket * BUCKET; start < end; start += BUCKET) {
      for (let at = start; at < start + SLOTS; at++) {
        const tag = Atomics.load(words, at);
        if (tag === FREE) continue;
        if ((tag & CLAIMED) !== 0) Atomics.compareExchange(words, at, tag, FREE);
        const tat = Atomics.load(words, at + SLOTS);
        const ahead = (tat - now) | 0;
        if (ahead < -MOST_AHEAD || ahead > BEYOND) Atomics.compareExchange(words, at + SLOTS, tat, (now - 1) | 0);
      }
    }
  }
}

/** Never free, and never a claim. */
function tagOf(second: number): number {
  const tag = second & ~CLAIMED;
  return tag === FREE ? 2 : tag;
}

function aheadOf(tat: number, now: number): number {
  const ahead = (tat - now) | 0;
  return ahead < 0 ? 0 : ahead;
}
