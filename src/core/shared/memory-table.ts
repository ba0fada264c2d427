/**
 * What the threads share about bytes that are kept for later: how much the process may keep, how much its threads
 * have leased of it, and per thread what it keeps and what it has given up. Leases are whole blocks, so that a thread
 * touches the shared total only when it keeps a good deal more or less than before.
 *
 * A thread may be ended at any moment: the total changes by one `Atomics` call, and its row follows at once with a
 * plain store (see `pool-table.ts`).
 */

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

/** Total and limit have the first line, each thread one of its own. */
const LINE_INTS = 16;
const TOTAL = 0;
const LIMIT = 1;
/** Within a row: an Int32, then doubles. */
const LEASED = 0;
const KEPT_DOUBLE = 1;
const COUNTERS_DOUBLE = 2;

/** Plain data for `workerData`. */
export interface MemoryTableHandle {
  readonly buffer: SharedArrayBuffer;
  readonly rows: number;
}

/** `rows`: one for each thread that may keep something. */
export function createMemoryTable(rows: number): MemoryTableHandle {
  return { buffer: new SharedArrayBuffer((rows + 1) * LINE_INTS * 4), rows };
}

export class MemoryTable {
  readonly handle: MemoryTableHandle;
  readonly #ints: Int32Array;
  readonly #doubles: Float64Array;
  readonly #row: number;
  readonly #rowDoubles: number;

  /** `row` is the calling thread's; the control plane passes 0 and must not lease. */
  constructor(handle: MemoryTableHandle, row: number) {
    this.handle = handle;
    this.#ints = new Int32Array(handle.buffer);
    this.#doubles = new Float64Array(handle.buffer);
    this.#row = (row + 1) * LINE_INTS;
    this.#rowDoubles = this.#row / 2;
  }

  /** Bytes that all threads together may keep. Lowered, it takes nothing away from anybody. */
  get limitBytes(): number {
    return Atomics.load(this.#ints, LIMIT) * BLOCK_BYTES;
  }

  set limitBytes(bytes: number) {
    Atomics.store(this.#ints, LIMIT, Math.floor(bytes / BLOCK_BYTES));
  }

  /** Leases this many blocks for this thread, all or none. */
  tryLease(blocks: number, use: MemoryUse): boolean {
    const ints = this.#ints;
    const most = Atomics.load(ints, LIMIT) * SHARES[use];
    for (;;) {
      const total = Atomics.load(ints, TOTAL);
      if (total + blocks > most) return false;
      if (Atomics.compareExchange(ints, TOTAL, total, total + blocks) === total) break;
    }
    ints[this.#row + LEASED] += blocks;
    return true;
  }

  release(blocks: number): void {
    Atomics.sub(this.#ints, TOTAL, blocks);
    this.#ints[this.#row + LEASED] -= blocks;
  }

  /** What this thread keeps, for whoever looks. */
  setKept(bytes: number): void {
    this.#doubles[this.#rowDoubles + KEPT_DOUBLE] = bytes;
  }

  count(counter: MemoryCounter, by: number): void {
    this.#doubles[this.#rowDoubles + COUNTERS_DOUBLE + counter] += by;
  }

  /** Bytes leased by all threads. */
  get leasedBytes(): number {
    return Atomics.load(this.#ints, TOTAL) * BLOCK_BYTES;
  }

  /** Bytes kept by all threads. */
  get keptBytes(): number {
    return this.#sum(KEPT_DOUBLE);
  }

  total(counter: MemoryCounter): number {
    return this.#sum(COUNTERS_DOUBLE + counter);
  }

  /** Control plane: the thread is gone, and what it kept with it. Its counters stay. Returns the blocks it had leased. */
  clearRow(row: number): number {
    const at = (row + 1) * LINE_INTS;
    const blocks = this.#ints[at + LEASED];
    if (blocks !== 0) Atomics.sub(this.#ints, TOTAL, blocks);
    this.#ints[at + LEASED] = 0;
    this.#doubles[at / 2 + KEPT_DOUBLE] = 0;
    return blocks;
  }

  #sum(double: number): number {
    let sum = 0;
    for (let row = 1; row <= this.handle.rows; row++) sum += this.#doubles[(row * LINE_INTS) / 2 + double];
    return sum;
  }
}
