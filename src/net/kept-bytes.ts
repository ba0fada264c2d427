/**
 * Bytes that are kept for later, in one buffer. All memory that it takes is counted. However small the pieces in which
 * bytes come, it grows by half of itself at a time, so that each byte is copied a few times at most.
 */
import type { KeptMemory } from '../core/kept-memory.ts';
import type { MemoryUse } from '../core/shared/memory-table.ts';

/** The smallest buffer. */
const LEAST_BYTES = 512;
/** What a Buffer costs besides its bytes. */
const OVERHEAD_BYTES = 256;
const NOTHING = Buffer.alloc(0);

export class KeptBytes {
  readonly #memory: KeptMemory;
  readonly #use: MemoryUse;
  /** The bytes are `buffer[start, end)`. Never moved within it: pieces of it may be lent to a write. */
  buffer: Buffer = NOTHING;
  /** Moved forward by the owner when it has used bytes up. */
  start = 0;
  end = 0;

  constructor(memory: KeptMemory, use: MemoryUse) {
    this.#memory = memory;
    this.#use = use;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Copies `source[from, to)` behind what is here. False: there is no memory left for it, and nothing has changed. */
  append(source: Buffer, from: number, to: number, use = this.#use): boolean {
    if (this.end + to - from > this.buffer.length && !this.#grow(to - from, use)) return false;
    source.copy(this.buffer, this.end, from, to);
    this.end += to - from;
    return true;
  }

  /** Lets go of everything. */
  clear(): void {
    if (this.buffer === NOTHING) return;
    this.#memory.give(this.buffer.length + OVERHEAD_BYTES);
    this.buffer = NOTHING;
    this.start = 0;
    this.end = 0;
  }

  /** `buffer[from, to)` of what is here, counted from its beginning, as latin1 text. */
  text(from: number, to: number): string {
    return this.buffer.latin1Slice(this.start + from, this.start + to);
  }

  #grow(more: number, use: MemoryUse): boolean {
    const { length } = this;
    const needed = length + more;
    // Bytes that come in one piece are mostly all there will be.
    const size = length === 0 ? Math.max(LEAST_BYTES, needed) : Math.ceil(needed * 1.5);
    if (!this.#memory.take(size + OVERHEAD_BYTES, use)) return false;
    const next = Buffer.allocUnsafeSlow(size);
    this.buffer.copy(next, 0, this.start, this.end);
    this.clear();
    this.buffer = next;
    this.end = length;
    return true;
  }
}
