/**
 * Names and values of a query, compared as forms write them (`+` is a blank, escapes are UTF-8) without being decoded:
 * a walk over the text yields its bytes, for a hash (FNV-1a) and for a comparison. Nothing is allocated, and nothing
 * thrown, however many bad escapes a stranger sends. Only the config adds texts to look for: a text made to collide
 * costs one failing comparison.
 */

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const LAST_ASCII = 0x7f;
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** The hash of a text with a bad escape, or with a character that no target has. */
const NO_TEXT = -1;

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
  /** The next one with the same hash. */
  readonly next: Entry<T> | null;
}

/** Values by texts as they read when they are decoded. */
export class FormTable<T> {
  readonly #byHash = new Map<number, Entry<T>>();

  constructor(values: ReadonlyMap<string, T>) {
    for (const [text, value] of values) {
      const written = encodeURIComponent(text.toWellFormed());
      const hash = hashOf(written, 0, written.length);
      const bytes = Uint8Array.from(new TextEncoder().encode(text));
      this.#byHash.set(hash, { bytes, value, next: this.#byHash.get(hash) ?? null });
    }
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** The value for `text[start, end)`, null without one. */
  find(text: string, start: number, end: number): T | null {
    const hash = hashOf(text, start, end);
    if (hash === NO_TEXT) return null;
    let entry = this.#byHash.get(hash) ?? null;
    while (entry !== null && !isText(text, start, end, entry.bytes)) entry = entry.next;
    return entry === null ? null : entry.value;
  }
}

function hashOf(text: string, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end;) {
    const byte = byteAt(text, at, end);
    if (byte === NO_TEXT) return NO_TEXT;
    hash = Math.imul(hash ^ byte, FNV_PRIME);
    at += widthAt(text, at);
  }
  return hash >>> 0;
}

/**
 * The byte at `at` of a text as forms write it, and how many characters it takes there; what is malformed stands for
 * itself, a character a byte.
 */
export function looseByteAt(text: string, at: number, end: number): number {
  const byte = byteAt(text, at, end);
  return byte === NO_TEXT ? text.charCodeAt(at) : byte;
}

export function looseWidthAt(text: string, at: number, end: number): number {
  return byteAt(text, at, end) === NO_TEXT ? 1 : widthAt(text, at);
}

/** `text[start, end)` as forms decode it, a byte a character; what is malformed stands for itself. */
export function decodeForm(text: string, start: number, end: number): string {
  let decoded = '';
  for (let at = start; at < end; at += looseWidthAt(text, at, end))
    decoded += String.fromCharCode(looseByteAt(text, at, end));
  return decoded;
}

/** A text as {@link decodeForm} gives it: the bytes of its UTF-8, a byte a character. */
export function formBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** `text[start, end)` has been hashed, so its escapes are good. */
function isText(text: string, start: number, end: number, bytes: Uint8Array): boolean {
  let index = 0;
  let at = start;
  for (; at < end && index < bytes.length; at += widthAt(text, at)) {
    if (byteAt(text, at, end) !== bytes[index++]) return false;
  }
  return at === end && index === bytes.length;
}

function widthAt(text: string, at: number): number {
  return text.charCodeAt(at) === PERCENT ? 3 : 1;
}

function byteAt(text: string, at: number, end: number): number {
  const code = text.charCodeAt(at);
  if (code === PLUS) return SPACE;
  if (code !== PERCENT) return code <= LAST_ASCII ? code : NO_TEXT;
  if (at + 3 > end) return NO_TEXT;
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? NO_TEXT : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
