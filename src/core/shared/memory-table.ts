/**
 * What the threads share about bytes that are kept for later: how much the process may keep, how much its threads
 * have leased of it, and per thread what it keeps and what it has given up. Leases are whole blocks, so that a thread
 * touches the shared total only when it keeps a good deal more or less than before.
 *
 * A thread may be ended at any moment: the total changes by one `Atomics` call, and its row follows at once with a
 * plain store (see `pool-table.ts`).
 */

import { Layout, float64At, int32At } from './layout.ts';
import type { OwnPlace, Place } from './layout.ts';

/** The unit of a lease. */
export const BLOCK_BYTES = 64 * 1024;

/** Who asks for memory. The first are refused first: each may fill it up to a share of its own. */
export const USE_REPLAY = 0;
/** What a request needs to go on: its body before there is an endpoint, its unread rest, a part of a head. */
export const USE_REQUEST = 1;
export const USE_LOG = 2;
export type MemoryUse = 0 | 1 | 2;

const SHARES: readonly number[] = [3 / 4, 7 / 8, 1];

/** Counters of what was given up at the bound. */
export const MEMORY_REPLAYS = 0;
export const MEMORY_REQUESTS = 1;
export const MEMORY_PIPELINES = 2;
export const MEMORY_LOG_LINES = 3;
export type MemoryCounter = 0 | 1 | 2 | 3;

/** For all threads, Int32. */
const TOTAL = 0;
const LIMIT = 1;
const SHARED = 2;
/** What a thread has leased, an Int32 of its own. */
const LEASES = 1;
/** What a thread keeps, and its counters: doubles of its own. */
const KEPT = 0;
const COUNTERS = 1;
const FIGURES = COUNTERS + MEMORY_LOG_LINES + 1;

/** Plain data for `workerData`. */
export interface MemoryTableHandle {
  readonly buffer: SharedArrayBuffer;
  readonly rows: number;
}

interface MemoryLayout {
  readonly shared: Place;
  readonly leases: OwnPlace;
  readonly figures: OwnPlace;
  readonly bytes: number;
}

/** To the layout the table has one row, and each of its own rows is a worker. */
function memoryLayout(rows: number): MemoryLayout {
  const layout = new Layout(1, rows);
  return {
    shared: layout.header(SHARED),
    leases: layout.ledger(LEASES),
    figures: layout.doubles(FIGURES),
    bytes: layout.bytes,
  };
}

/** `rows`: one for each thread that may keep something. */
export function createMemoryTable(rows: number): MemoryTableHandle {
  return { buffer: new SharedArrayBuffer(memoryLayout(rows).bytes), rows };
}

export class MemoryTable {
  readonly handle: MemoryTableHandle;
  readonly #shared: Int32Array;
  readonly #leases: Int32Array;
  readonly #figures: Float64Array;
  readonly #leaseStride: number;
  readonly #figureStride: number;
  /** Where this thread's lease and figures are. */
  readonly #ownLease: number;
  readonly #ownFigures: number;

  /** `row` is the calling thread's; the control plane passes 0 and must not lease. */
  constructor(handle: MemoryTableHandle, row: number) {
    const { shared, leases, figures } = memoryLayout(handle.rows);
    this.handle = handle;
    this.#shared = int32At(handle.buffer, shared);
    this.#leases = int32At(handle.buffer, leases);
    this.#figures = float64At(handle.buffer, figures);
    this.#leaseStride = leases.stride;
    this.#figureStride = figures.stride;
    this.#ownLease = row * leases.stride;
    this.#ownFigures = row * figures.stride;
  }

  /** Bytes that all threads together may keep. Lowered, it takes nothing away from anybody. */
  get limitBytes(): number {
    return Atomics.load(this.#shared, LIMIT) * BLOCK_BYTES;
  }

  set limitBytes(bytes: number) {
    Atomics.store(this.#shared, LIMIT, Math.floor(bytes / BLOCK_BYTES));
  }

  /** Leases this many blocks for this thread, all or none. */
  tryLease(blocks: number, use: MemoryUse): boolean {
    const shared = this.#shared;
    const most = Atomics.load(shared, LIMIT) * SHARES[use];
    for (;;) {
      const total = Atomics.load(shared, TOTAL);
      if (total + blocks > most) return false;
      if (Atomics.compareExchange(shared, TOTAL, total, total + blocks) === total) break;
    }
    this.#leases[this.#ownLease] += blocks;
    return true;
  }

  release(blocks: number): void {
    Atomics.sub(this.#shared, TOTAL, blocks);
    this.#leases[this.#ownLease] -= blocks;
  }

  /** What this thread keeps, for whoever looks. */
  setKept(bytes: number): void {
    this.#figures[this.#ownFigures + KEPT] = bytes;
  }

  count(counter: MemoryCounter, by: number): void {
    this.#figures[this.#ownFigures + COUNTERS + counter] += by;
  }

  /** Bytes leased by all threads. */
  get leasedBytes(): number {
    return Atomics.load(this.#shared, TOTAL) * BLOCK_BYTES;
  }

  /** Bytes kept by all threads. */
  get keptBytes(): number {
    return this.#sum(KEPT);
  }

  total(counter: MemoryCounter): number {
    return this.#sum(COUNTERS + counter);
  }

  /** Control plane: the thread is gone, and what it kept with it. Its counters stay. Returns the blocks it had leased. */
  clearRow(row: number): number {
    const lease = row * this.#leaseStride;
    const blocks = this.#leases[lease];
    if (blocks !== 0) Atomics.sub(this.#shared, TOTAL, blocks);
    this.#leases[lease] = 0;
    this.#figures[row * this.#figureStride + KEPT] = 0;
    return blocks;
  }

  #sum(figure: number): number {
    let sum = 0;
    for (let row = 0; row < this.handle.rows; row++) sum += this.#figures[row * this.#figureStride + figure];
    return sum;
  }
}
