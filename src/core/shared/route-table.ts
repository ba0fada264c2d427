/**
 * Counters and latency histograms per route, striped per worker: each worker writes its own stripe with
 * plain stores, the control plane reads the sum. Reading costs the data plane no message.
 */
import { HISTOGRAM_BUCKETS, bucketOf } from './histogram.ts';

export const ROUTE_REQUESTS = 0;
/** Requests by status class: ROUTE_STATUS + 1 … + 5. */
export const ROUTE_STATUS = 0;
/** Bytes of the clients' requests, and of what went to them. */
export const ROUTE_BYTES_IN = 6;
export const ROUTE_BYTES_OUT = 7;
/** Answers we made ourselves. */
export const ROUTE_FAULTS = 8;
export const ROUTE_RETRIES = 9;
/** Exchanges that ended before the answer was complete. */
export const ROUTE_ABORTS = 10;
export const ROUTE_UPGRADES = 11;
export const ROUTE_COUNTERS = 12;

export interface RouteTableHandle {
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly workerSlots: number;
}

/** Row 0 is for requests that met no route. */
export function createRouteTable(routes: number, workerSlots: number): RouteTableHandle {
  const capacity = routes + 1;
  const bytes = workerSlots * capacity * (ROUTE_COUNTERS * 8 + HISTOGRAM_BUCKETS * 4);
  return { buffer: new SharedArrayBuffer(Math.ceil(bytes / 8) * 8), capacity, workerSlots };
}

export class RouteTable {
  readonly handle: RouteTableHandle;
  readonly #counters: Float64Array;
  readonly #buckets: Uint32Array;
  readonly #row: number;

  constructor(handle: RouteTableHandle, worker: number) {
    this.handle = handle;
    const counters = handle.workerSlots * handle.capacity * ROUTE_COUNTERS;
    this.#counters = new Float64Array(handle.buffer, 0, counters);
    this.#buckets = new Uint32Array(handle.buffer, counters * 8, handle.workerSlots * handle.capacity * HISTOGRAM_BUCKETS);
    this.#row = worker * handle.capacity;
  }

  count(slot: number, counter: number, amount: number): void {
    this.#counters[(this.#row + slot) * ROUTE_COUNTERS + counter] += amount;
  }

  /** One finished exchange: its status class and its time in ms. */
  finish(slot: number, status: number, elapsedMs: number): void {
    const row = this.#row + slot;
    const at = row * ROUTE_COUNTERS;
    this.#counters[at + ROUTE_REQUESTS]++;
    const statusClass = (status / 100) | 0;
    if (statusClass >= 1 && statusClass <= 5) this.#counters[at + ROUTE_STATUS + statusClass]++;
    this.#buckets[row * HISTOGRAM_BUCKETS + bucketOf(elapsedMs)]++;
  }

  total(slot: number, counter: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      sum += this.#counters[(worker * this.handle.capacity + slot) * ROUTE_COUNTERS + counter];
    }
    return sum;
  }

  /** The histogram of a route over all workers, for `quantile`. */
  histogram(slot: number): Float64Array {
    const sum = new Float64Array(HISTOGRAM_BUCKETS);
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      const at = (worker * this.handle.capacity + slot) * HISTOGRAM_BUCKETS;
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) sum[bucket] += this.#buckets[at + bucket];
    }
    return sum;
  }
}
