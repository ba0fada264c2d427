/**
 * Finds the end of a message head in reads of any size. A head that came whole in one read, the usual case, is
 * one latin1 string and nothing is kept; else what has come so far is kept as text.
 */

/** Above this a read is searched for the head's end before it is turned into text: the rest is body. */
const SLICE_WHOLE = 4096;
/** A byte that no head may hold, or a line end that is not CRLF. HTAB and 8-bit are legal in values. */
const BROKEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|[^\r]\n|^\n/;

export class HeadReader {
  /** The whole head with its final CRLFCRLF, after `read` answered a position. */
  text = '';
  #partial = '';

  /** Some of a head has come. */
  get isPartial(): boolean {
    return this.#partial !== '';
  }

  get partialLength(): number {
    return this.#partial.length;
  }

  get partial(): string {
    return this.#partial;
  }

  /** Position after the head, or -1: it is not complete, all of `buffer[start, end)` has been taken. */
  read(buffer: Buffer, start: number, end: number, maxBytes: number): number {
    if (this.#partial !== '') return this.#readOn(buffer, start, end, maxBytes);
    if (end - start > SLICE_WHOLE) {
      const at = buffer.indexOf('\r\n\r\n', start, 'latin1');
      if (at >= 0 && at + 4 <= end) {
        this.text = buffer.latin1Slice(start, at + 4);
        return at + 4;
      }
      this.#partial = buffer.latin1Slice(start, Math.min(end, start + maxBytes + 1));
      return -1;
    }
    const text = buffer.latin1Slice(start, end);
    const at = text.indexOf('\r\n\r\n');
    if (at < 0) {
      this.#partial = text;
      return -1;
    }
    const length = at + 4;
    this.text = length === text.length ? text : text.slice(0, length);
    return start + length;
  }

  #readOn(buffer: Buffer, start: number, end: number, maxBytes: number): number {
    const before = this.#partial.length;
    const tail = this.#partial.slice(-3);
    const text = buffer.latin1Slice(start, Math.min(end, start + maxBytes + 4));
    const at = (tail + text).indexOf('\r\n\r\n');
    if (at < 0) {
      this.#partial += text;
      return -1;
    }
    const taken = at + 4 - tail.length;
    this.text = this.#partial + text.slice(0, taken);
    this.#partial = '';
    return start + this.text.length - before;
  }

  /** Whether what has come so far can no longer become a head. */
  get isBroken(): boolean {
    return BROKEN.test(this.#partial);
  }

  reset(): void {
    this.#partial = '';
    this.text = '';
  }
}
