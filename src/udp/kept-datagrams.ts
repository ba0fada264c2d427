/** The datagrams of a session that may have to go to another endpoint yet. */
import type { KeptMemory } from '../core/kept-memory.ts';
import { MEMORY_REQUESTS, USE_REQUEST } from '../core/shared/memory-table.ts';

const MOST = 16;
/** What one costs besides its bytes. */
const OVERHEAD_BYTES = 256;
const NOTHING: Buffer[] = [];

export class KeptDatagrams {
  readonly #memory: KeptMemory;
  /** In their order. */
  all: readonly Buffer[] = NOTHING;
  #bytes = 0;

  constructor(memory: KeptMemory) {
    this.#memory = memory;
  }

  /** False: there are as many as there may be, or no memory is left. */
  add(datagram: Buffer): boolean {
    if (this.all.length >= MOST) return false;
    const bytes = datagram.length + OVERHEAD_BYTES;
    if (!this.#memory.take(bytes, USE_REQUEST)) {
      this.#memory.count(MEMORY_REQUESTS);
      return false;
    }
    this.#bytes += bytes;
    this.all = [...this.all, datagram];
    return true;
  }

  clear(): void {
    if (this.#bytes > 0) this.#memory.give(this.#bytes);
    this.#bytes = 0;
    this.all = NOTHING;
  }
}
