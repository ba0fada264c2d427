/**
 * What one thread keeps for later, counted against what the process may keep. Only code that keeps something calls
 * this: an exchange that passes everything on at once costs nothing.
 */
import { BLOCK_BYTES } from './shared/memory-table.ts';
import type { MemoryCounter, MemoryTable, MemoryUse } from './shared/memory-table.ts';

/** Free blocks a thread holds on to, so that small ups and downs touch no shared total. */
const SPARE_BLOCKS = 1;

export interface KeptMemory {
  /** Takes room for `bytes`. False: there is none for this use, and nothing has changed. */
  take(bytes: number, use: MemoryUse): boolean;
  give(bytes: number): void;
  /** Counts what was given up for lack of memory. */
  count(counter: MemoryCounter, by?: number): void;
}

/** The memory of one thread. */
export class ThreadMemory implements KeptMemory {
  readonly #table: MemoryTable;
  #kept = 0;
  #blocks = 0;

  constructor(table: MemoryTable) {
    this.#table = table;
  }

  take(bytes: number, use: MemoryUse): boolean {
    const kept = this.#kept + bytes;
    const more = Math.ceil(kept / BLOCK_BYTES) - this.#blocks;
    if (more > 0) {
      if (!this.#table.tryLease(more, use)) return false;
      this.#blocks += more;
    }
    this.#set(kept);
    return true;
  }

  give(bytes: number): void {
    const kept = this.#kept - bytes;
    const spare = this.#blocks - Math.ceil(kept / BLOCK_BYTES);
    if (spare > SPARE_BLOCKS) {
      this.#table.release(spare - SPARE_BLOCKS);
      this.#blocks -= spare - SPARE_BLOCKS;
    }
    this.#set(kept);
  }

  count(counter: MemoryCounter, by = 1): void {
    this.#table.count(counter, by);
  }

  #set(kept: number): void {
    this.#kept = kept;
    this.#table.setKept(kept);
  }
}

/** Room for everything, for codecs that run without a balancer around them. */
export const UNBOUNDED_MEMORY: KeptMemory = Object.freeze({
  take: () => true,
  give() {},
  count() {},
});
