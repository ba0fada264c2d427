/**
 * Reads heads whose lines may end with a lone LF, for pools with `answers: lenient`: programs behind the CGI of small
 * servers write them. The text that it gives has CRLF everywhere, so that no later code sees the difference.
 */
import type { KeptMemory } from '../core/kept-memory.ts';
import { USE_REQUEST } from '../core/shared/memory-table.ts';
import { KeptBytes } from '../net/kept-bytes.ts';
import { HeadReader } from './head-reader.ts';

const END = /\n\r?\n/;
/** Characters before a read that may belong to the end it completes. */
const OVERLAP = 2;

export class LenientHeadReader extends HeadReader {
  readonly #held: KeptBytes;

  constructor(memory: KeptMemory) {
    super(memory);
    this.#held = new KeptBytes(memory, USE_REQUEST);
  }

  override get isPartial(): boolean {
    return this.#held.length > 0;
  }

  override get partialLength(): number {
    return this.#held.length;
  }

  override get partial(): string {
    return this.#held.text(0, this.#held.length);
  }

  override read(buffer: Buffer, start: number, end: number, maxBytes: number): number {
    const held = this.#held;
    const before = held.length;
    if (!held.append(buffer, start, Math.min(end, start + maxBytes + OVERLAP))) {
      this.isRefused = true;
      return -1;
    }
    const from = Math.max(0, before - OVERLAP);
    const found = END.exec(held.text(from, held.length));
    if (found === null) return -1;
    const length = from + found.index + found[0].length;
    this.text = held.text(0, length).replace(/\r?\n/g, '\r\n');
    held.clear();
    return start + length - before;
  }

  override reset(): void {
    super.reset();
    this.#held.clear();
  }
}
