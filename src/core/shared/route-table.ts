/**
 * Counters and latency histograms per route, striped per worker: each worker writes its own stripe with
 * plain stores, the control plane reads the sum. Reading costs the data plane no message.
 */
import { HISTOGRAM_BUCKETS, bucketOf } from './histogram.ts';
import { Layout, float64At, int32At, uint32At } from './layout.ts';
import type { OwnPlace, Place } from './layout.ts';

export const ROUTE_REQUESTS = 0;
/** Requests by status class: ROUTE_STATUS + 1 … + 5. */
export const ROUTE_STATUS = 0;
/** Of a listener of UDP in the places of statuses, which it has not: datagrams of its clients, and to them … */
export const ROUTE_DATAGRAMS_IN = 1;
export const ROUTE_DATAGRAMS_OUT = 2;
/** … those that would have begun a session beyond its number, and those that were dropped for any other reason. */
export const ROUTE_DATAGRAMS_FULL = 3;
export const ROUTE_DATAGRAMS_DROPPED = 4;
/** Bytes of the clients' requests, and of what went to them. */
export const ROUTE_BYTES_IN = 6;
export const ROUTE_BYTES_OUT = 7;
/** Answers we made ourselves. */
export const ROUTE_FAULTS = 8;
export const ROUTE_RETRIES = 9;
/** Exchanges that ended before the answer was complete. */
export const ROUTE_ABORTS = 10;
export const ROUTE_UPGRADES = 11;
export const ROUTE_MOVES = 12;
export const ROUTE_BUDGET_SPENT = 13;
export const ROUTE_RESCUES = 14;
/** Requests that waited for their pool to be reachable. */
export const ROUTE_HELD = 15;
export const ROUTE_HEDGES = 16;
/** Exchanges that ended because the time that their client gave was over. */
export const ROUTE_DEADLINES = 17;
/** Requests answered 503 because circuit breakers are open. */
export const ROUTE_BREAKER_OPEN = 18;
/** Exchanges that ended because their client sent or took less than `slowClients` allows. */
export const ROUTE_SLOW_CLIENTS = 19;
export const ROUTE_COUNTERS = 20;

export interface RouteTableHandle {
  /** Identity: the buffer is another object in every thread and with every message. */
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly workerSlots: number;
}

let tables = 0;

interface RouteLayout {
  readonly counters: OwnPlace;
  readonly buckets: OwnPlace;
  readonly firstBytes: OwnPlace;
  readonly silence: Place;
  readonly bytes: number;
}

function routeLayout({ capacity, workerSlots }: Pick<RouteTableHandle, 'capacity' | 'workerSlots'>): RouteLayout {
  const layout = new Layout(capacity, workerSlots);
  return {
    counters: layout.doubles(ROUTE_COUNTERS),
    buckets: layout.counts(HISTOGRAM_BUCKETS),
    firstBytes: layout.counts(HISTOGRAM_BUCKETS),
    silence: layout.column(),
    bytes: layout.bytes,
  };
}

/** Row 0 is for requests that met no route. */
export function createRouteTable(routes: number, workerSlots: number): RouteTableHandle {
  const capacity = routes + 1;
  const { bytes } = routeLayout({ capacity, workerSlots });
  return { id: ++tables, buffer: new SharedArrayBuffer(bytes), capacity, workerSlots };
}

export class RouteTable {
  readonly handle: RouteTableHandle;
  readonly #counters: Float64Array;
  readonly #buckets: Uint32Array;
  readonly #firstBytes: Uint32Array;
  /** After how many ms without an answer an attempt is overdue; 0: never. */
  readonly silence: Int32Array;
  readonly #counterStride: number;
  readonly #bucketStride: number;
  /** Where this worker's counters and histograms begin. */
  readonly #ownCounters: number;
  readonly #ownBuckets: number;

  constructor(handle: RouteTableHandle, worker: number) {
    const { counters, buckets, firstBytes, silence } = routeLayout(handle);
    this.handle = handle;
    this.#counterStride = counters.stride;
    this.#bucketStride = buckets.stride;
    this.#counters = float64At(handle.buffer, counters);
    this.#buckets = uint32At(handle.buffer, buckets);
    this.#firstBytes = uint32At(handle.buffer, firstBytes);
    this.silence = int32At(handle.buffer, silence);
    this.#ownCounters = worker * this.#counterStride;
    this.#ownBuckets = worker * this.#bucketStride;
  }

  count(slot: number, counter: number, amount: number): void {
    this.#counters[this.#ownCounters + slot * ROUTE_COUNTERS + counter] += amount;
  }

  /** One finished exchange: its status class and its time in ms. */
  finish(slot: number, status: number, elapsedMs: number): void {
    const at = this.#ownCounters + slot * ROUTE_COUNTERS;
    this.#counters[at + ROUTE_REQUESTS]++;
    const statusClass = (status / 100) | 0;
    if (statusClass >= 1 && statusClass <= 5) this.#counters[at + ROUTE_STATUS + statusClass]++;
    this.#buckets[this.#ownBuckets + slot * HISTOGRAM_BUCKETS + bucketOf(elapsedMs)]++;
  }

  /** The first byte of an answer has come so long after its request had gone out. */
  observe(slot: number, ms: number): void {
    this.#firstBytes[this.#ownBuckets + slot * HISTOGRAM_BUCKETS + bucketOf(ms)]++;
  }

  total(slot: number, counter: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      sum += this.#counters[worker * this.#counterStride + slot * ROUTE_COUNTERS + counter];
    }
    return sum;
  }

  /** The histogram of a route over all workers, for `quantile`. */
  histogram(slot: number): Float64Array {
    return this.#sumOf(this.#buckets, slot);
  }

  /** The same of the times to the first byte. */
  firstBytes(slot: number): Float64Array {
    return this.#sumOf(this.#firstBytes, slot);
  }

  #sumOf(buckets: Uint32Array, slot: number): Float64Array {
    const sum = new Float64Array(HISTOGRAM_BUCKETS);
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      // Most rows are of threads that there are not.
      if (this.#counters[worker * this.#counterStride + slot * ROUTE_COUNTERS + ROUTE_REQUESTS] === 0) continue;
      const at = worker * this.#bucketStride + slot * HISTOGRAM_BUCKETS;
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) sum[bucket] += buckets[at + bucket];
    }
    return sum;
  }

  /**
   * Adds what one worker has counted to a larger table, in the same rows, and leaves nothing here. For the worker
   * itself, or for the control plane once nobody writes to that stripe.
   */
  moveStripe(to: RouteTable, worker: number): void {
    moveSpan(
      this.#counters.subarray(worker * this.#counterStride, (worker + 1) * this.#counterStride),
      to.#counters.subarray(worker * to.#counterStride),
    );
    moveSpan(
      this.#buckets.subarray(worker * this.#bucketStride, (worker + 1) * this.#bucketStride),
      to.#buckets.subarray(worker * to.#bucketStride),
    );
    moveSpan(
      this.#firstBytes.subarray(worker * this.#bucketStride, (worker + 1) * this.#bucketStride),
      to.#firstBytes.subarray(worker * to.#bucketStride),
    );
  }

  /** Control plane. */
  setSilence(slot: number, ms: number): void {
    Atomics.store(this.silence, slot, ms);
  }

  /** Control plane: clears a row for another route. Nobody may be counting in it any more. */
  clear(slot: number): void {
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      const counters = worker * this.#counterStride + slot * ROUTE_COUNTERS;
      this.#counters.fill(0, counters, counters + ROUTE_COUNTERS);
      const buckets = worker * this.#bucketStride + slot * HISTOGRAM_BUCKETS;
      this.#buckets.fill(0, buckets, buckets + HISTOGRAM_BUCKETS);
      this.#firstBytes.fill(0, buckets, buckets + HISTOGRAM_BUCKETS);
    }
  }
}

function moveSpan(from: Float64Array | Uint32Array, to: Float64Array | Uint32Array): void {
  for (let at = 0; at < from.length; at++) {
    if (from[at] === 0) continue;
    to[at] += from[at];
    from[at] = 0;
  }
}
