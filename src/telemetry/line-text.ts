/** The text of lines as the bytes that are written: foreign texts are copied from where they lie, without a string each. */

/** How bytes of a foreign text are written: those without an entry as they are. */
export type Escape = readonly (Uint8Array | undefined)[];

/** As nginx writes it: quotes, backslashes and whatever is not visible ASCII as `\xHH`. */
export const ESCAPE_HEX: Escape = escapeOf((byte) =>
  byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
    ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
    : undefined,
);

/** As JSON has it, in UTF-8; and the controls that JSON leaves as they are, which a terminal may obey. */
export const ESCAPE_JSON: Escape = escapeOf((byte) => {
  const sign = String.fromCharCode(byte);
  if (byte >= 0x7f && byte <= 0x9f) return `\\u00${byte.toString(16)}`;
  const written = JSON.stringify(sign).slice(1, -1);
  return written === sign && byte < 0x80 ? undefined : written;
});

function escapeOf(write: (byte: number) => string | undefined): Escape {
  return Array.from({ length: 256 }, (_none, byte) => {
    const written = write(byte);
    return written === undefined ? undefined : Buffer.from(written);
  });
}

/** No byte gets longer than this. */
const LONGEST_ESCAPE = 6;
const ZERO = 0x30;
const DOT = 0x2e;
const BILLION = 1_000_000_000;

export class LineText {
  #bytes = new Uint8Array(0);
  /** Bytes that there are. */
  length = 0;

  /** What was written since the last call. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  /** Bytes that need no escape. */
  put(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const out = this.#bytes;
    let at = this.length;
    for (let index = 0; index < bytes.length; index++) out[at++] = bytes[index];
    this.length = at;
  }

  /** ASCII that needs no escape. */
  ascii(text: string): void {
    this.#reserve(text.length);
    const out = this.#bytes;
    let at = this.length;
    for (let index = 0; index < text.length; index++) out[at++] = text.charCodeAt(index);
    this.length = at;
  }

  copy(bytes: Uint8Array, start: number, end: number, escape: Escape): void {
    this.#reserve((end - start) * LONGEST_ESCAPE);
    const out = this.#bytes;
    let at = this.length;
    for (let index = start; index < end; index++) {
      const byte = bytes[index];
      const written = escape[byte];
      if (written === undefined) {
        out[at++] = byte;
        continue;
      }
      for (let sign = 0; sign < written.length; sign++) out[at++] = written[sign];
    }
    this.length = at;
  }

  /** A whole number of at least 0. */
  integer(value: number): void {
    if (value < BILLION) {
      this.#digits(value, countDigits(value));
      return;
    }
    const high = Math.floor(value / BILLION);
    this.integer(high);
    this.#digits(value - high * BILLION, 9);
  }

  /** Milliseconds to a thousandth, as short as can be. */
  milliseconds(ms: number): void {
    const thousandths = Math.round(ms * 1000);
    const whole = Math.floor(thousandths / 1000);
    this.integer(whole);
    let rest = thousandths - whole * 1000;
    if (rest === 0) return;
    let digits = 3;
    while (rest % 10 === 0) {
      rest /= 10;
      digits--;
    }
    this.#reserve(1);
    this.#bytes[this.length++] = DOT;
    this.#digits(rest, digits);
  }

  #digits(value: number, count: number): void {
    this.#reserve(count);
    let rest = value | 0;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const more = (rest / 10) | 0;
      this.#bytes[at] = ZERO + rest - more * 10;
      rest = more;
    }
    this.length += count;
  }

  #reserve(more: number): void {
    const least = this.length + more;
    if (least <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(least, this.#bytes.length * 2, 4096));
    bytes.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bytes;
  }
}

function countDigits(value: number): number {
  let digits = 1;
  for (let most = 10; most <= value; most *= 10) digits++;
  return digits;
}
