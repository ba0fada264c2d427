/**
 * The chunked coding, read (RFC 9112 7.1): data out as spans of the bytes that came in, sizes and extensions
 * dropped, trailers kept.
 *
 * | state     | awaits                                   | goes to                                    |
 * | --------- | ---------------------------------------- | ------------------------------------------ |
 * | SIZE      | hex digits                               | EXTENSION at `;`, SIZE_LF at CR            |
 * | EXTENSION | a name, `=` and a value, `;` and another | SIZE_LF at CR                              |
 * | SIZE_LF   | LF                                       | DATA, or TRAILER after a size of 0         |
 * | DATA      | as many bytes as the size says           | DATA_CR                                    |
 * | DATA_CR   | CR                                       | DATA_LF                                    |
 * | DATA_LF   | LF                                       | SIZE                                       |
 * | TRAILER   | header lines                             | done at the empty line                     |
 *
 * Blanks are refused wherever RFC 9112 calls them bad whitespace (around `;` and `=`): request smuggling lives on
 * recipients that skip them beside recipients that do not, and Node refuses them as well.
 */
import type { KeptMemory } from '../core/kept-memory.ts';
import { USE_REQUEST } from '../core/shared/memory-table.ts';
import { KeptBytes } from '../net/kept-bytes.ts';
import { ExtensionScanner } from './chunk-extension.ts';
import { MAX_TRAILER_BYTES, areTrailersValid } from './trailers.ts';

/** Takes the data of chunks; the bytes are borrowed until the call returns (`net/transport.ts`, Ownership). */
export interface ChunkSink {
  onChunkData(buffer: Buffer, start: number, end: number): void;
}

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

/** Enough for 2^53 - 1 with leading zeros to spare. */
const MAX_SIZE_DIGITS = 16;
/** Bytes of extensions that may run ahead of the data: a body of nothing but extensions is an attack. */
const MAX_EXTENSION_BYTES = 16384;

/** The value of a hex digit, 255 for all other bytes. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  HEX[text.charCodeAt(0)] = digit;
  HEX[text.toUpperCase().charCodeAt(0)] = digit;
}

export class ChunkDecoder {
  /** Header lines after the last chunk, checked; `''` without any. Complete when `done`. */
  trailers = '';
  /** The message has ended; bytes from the returned position on belong to the next one. */
  done = false;
  /**
   * What went wrong: a chunk or a trailer is malformed, or there is no memory left to keep trailers. Nothing can be
   * read after it.
   */
  failed: null | 'chunk' | 'trailer' | 'memory' = null;
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #extensionAllowance = MAX_EXTENSION_BYTES;
  /** Where the line of the trailers that is being read begins. */
  #lineStart = 0;
  readonly #extension = new ExtensionScanner();
  readonly #memory: KeptMemory;
  #trailers: KeptBytes | null = null;

  constructor(memory: KeptMemory) {
    this.#memory = memory;
  }

  /** Makes the decoder ready for another body. */
  reset(): void {
    this.trailers = '';
    this.done = false;
    this.failed = null;
    this.#state = SIZE;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionAllowance = MAX_EXTENSION_BYTES;
    this.#lineStart = 0;
    this.release();
  }

  /**
   * Reads `buffer[start, end)` as far as it belongs to the message, and returns the position behind what was read. Data
   * goes to `sink` in spans. Where the input is cut makes no difference.
   */
  decode(buffer: Buffer, start: number, end: number, sink: ChunkSink): number {
    let at = start;
    while (at < end && !this.done && this.failed === null) {
      switch (this.#state) {
        case SIZE:
          at = this.#readSize(buffer, at, end);
          break;
        case EXTENSION:
          at = this.#readExtension(buffer, at, end);
          break;
        case DATA: {
          const to = Math.min(end, at + this.#size);
          this.#size -= to - at;
          this.#extensionAllowance = Math.min(MAX_EXTENSION_BYTES, this.#extensionAllowance + to - at);
          if (this.#size === 0) this.#state = DATA_CR;
          sink.onChunkData(buffer, at, to);
          at = to;
          break;
        }
        case TRAILER:
          at = this.#readTrailer(buffer, at, end);
          break;
        default:
          this.#readLineEnd(buffer[at++]);
      }
    }
    return at;
  }

  #readSize(buffer: Buffer, start: number, end: number): number {
    let at = start;
    let digit = 0;
    for (; at < end && (digit = HEX[buffer[at]]) !== 255; at++) {
      this.#size = this.#size * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) return this.#fail('chunk', at);
    }
    if (at === end) return at;
    const byte = buffer[at];
    if (this.#digits === 0 || (byte !== CR && byte !== SEMICOLON)) return this.#fail('chunk', at);
    this.#digits = 0;
    this.#state = byte === CR ? SIZE_LF : EXTENSION;
    this.#extension.reset();
    return at + 1;
  }

  #readExtension(buffer: Buffer, start: number, end: number): number {
    const limit = Math.min(end, start + this.#extensionAllowance);
    const at = this.#extension.scan(buffer, start, limit);
    this.#extensionAllowance -= at - start;
    if (this.#extension.failed) return this.#fail('chunk', at);
    if (this.#extension.done) this.#state = SIZE_LF;
    else if (this.#extensionAllowance === 0) return this.#fail('chunk', at);
    return at;
  }

  /** SIZE_LF, DATA_CR, DATA_LF: one byte with only one legal value. */
  #readLineEnd(byte: number): void {
    if (byte !== (this.#state === DATA_CR ? CR : LF)) this.failed = 'chunk';
    else if (this.#state === DATA_CR) this.#state = DATA_LF;
    else if (this.#state === DATA_LF) this.#state = SIZE;
    else this.#state = this.#size === 0 ? TRAILER : DATA;
  }

  /** Gathers lines up to the empty one; whether they are good is decided when they are all there. */
  #readTrailer(buffer: Buffer, start: number, end: number): number {
    let to = start;
    while (to < end && buffer[to] !== LF) to++;
    const isLine = to < end;
    if (isLine) to++;
    const trailers = this.#trailers;
    const length = (trailers === null ? 0 : trailers.length) + to - start;
    if (length > MAX_TRAILER_BYTES) return this.#fail('trailer', to);
    const lineLength = length - this.#lineStart;
    // The usual end, an empty line in one piece, is never kept.
    if (lineLength === 2 && to - start === 2 && isLine && buffer[start] === CR) return this.#endTrailers(to);
    const kept = (this.#trailers ??= new KeptBytes(this.#memory, USE_REQUEST));
    if (!kept.append(buffer, start, to)) return this.#fail('memory', to);
    if (!isLine) return to;
    if (lineLength === 2 && kept.text(this.#lineStart, length) === '\r\n') return this.#endTrailers(to);
    // Too short for a line.
    if (lineLength <= 2) return this.#fail('trailer', to);
    this.#lineStart = length;
    return to;
  }

  #endTrailers(at: number): number {
    if (this.#lineStart > 0 && this.#trailers !== null) this.trailers = this.#trailers.text(0, this.#lineStart);
    this.release();
    if (!areTrailersValid(this.trailers)) return this.#fail('trailer', at);
    this.done = true;
    return at;
  }

  /** Lets go of what is kept of trailers that are not complete. */
  release(): void {
    this.#trailers?.clear();
  }

  #fail(what: 'chunk' | 'trailer' | 'memory', at: number): number {
    this.failed = what;
    return at;
  }
}
