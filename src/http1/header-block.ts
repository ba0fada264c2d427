/**
 * Scans a header block: one latin1 string of `Name: value\r\n` lines.
 *
 * The whole block is first held against one sticky regular expression whose classes are disjoint (no
 * backtracking, about 1 µs a KB), so everything after it may trust the form: token, colon, field content, CRLF.
 * Then a name is looked at only when its length is one that matters, and lines that pass are not copied one by
 * one but as the spans between the lines that do not.
 */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { applyConnection, isProtected } from './connection-options.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { isChunkedOnly, parseContentLength, transferEncodingFault } from './framing.ts';

/** RFC 9110 5.1 and 5.5: token, colon, field content with obs-text; no obs-fold, no blank before the colon, no bare CR or LF. */
const BLOCK = /(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*/y;

const SPACE = 0x20;
const TAB = 0x09;
const ZERO = 0x30;

/** Whether `text[start, end)` is nothing but well-formed header lines. */
export function isHeaderBlock(text: string, start: number, end: number): boolean {
  BLOCK.lastIndex = start;
  BLOCK.test(text);
  return BLOCK.lastIndex === end;
}

/**
 * Whether `name`, in lower case, stands at `at`, in any case. The caller has compared the lengths. Setting
 * bit 5 is enough: no other token character becomes a letter, digit or hyphen by it.
 */
export function isNameAt(text: string, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if ((text.charCodeAt(at + index) | 0x20) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** `text[start, end)` without the blanks and tabs around it. `String.trim` will not do: it takes 0xa0 for a blank. */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** One bit for each length of name that a block looks at. */
export function lengthMask(names: readonly string[]): number {
  let mask = 0;
  for (const name of names) mask |= 1 << name.length;
  return mask;
}

/** What requests and responses have in common: framing, Connection, and the lines that pass. */
export abstract class HeaderBlock implements ConnectionOptions {
  /** The lines that pass untouched, in order. */
  lines = '';
  /** Null while the block is good. */
  fault: Fault | null = null;
  /** Bytes, -1 without Content-Length. */
  contentLength = -1;
  hasTransferEncoding = false;
  hasClose = false;
  hasKeepAlive = false;
  hasUpgrade = false;
  named: Set<string> | null = null;
  #isLengthRewritten = false;

  /**
   * Looks at one line of a length that matters: name in `[at, colon)`, value in `(colon, end)`. True: the line
   * does not pass. Sets `fault` where the line is refused.
   */
  protected abstract take(text: string, at: number, colon: number, end: number): boolean;

  /**
   * Reads `text[start, end)` into the fields; once for each object. `mask` has the lengths of the names that
   * `take` wants to see. False: refused, and `fault` says why.
   */
  protected scan(text: string, start: number, end: number, maxHeaders: number, mask: number): boolean {
    if (!isHeaderBlock(text, start, end)) {
      this.fault = FAULTS.badHeader;
      return false;
    }
    let lines = '';
    let spanStart = start;
    let count = 0;
    for (let at = start; at < end; count++) {
      const colon = text.indexOf(':', at);
      const lineEnd = text.indexOf('\r', colon);
      const length = colon - at;
      if (length < 32 && (mask >>> length) & 1 && this.take(text, at, colon, lineEnd)) {
        if (spanStart < at) lines += text.slice(spanStart, at);
        spanStart = lineEnd + 2;
      }
      at = lineEnd + 2;
    }
    if (spanStart < end) lines += text.slice(spanStart, end);
    if (this.#isLengthRewritten) lines += `Content-Length: ${this.contentLength}\r\n`;
    this.lines = lines;
    if (count > maxHeaders) this.fault = FAULTS.headTooLarge;
    if (this.fault === null && this.named !== null) this.lines = withoutNamed(lines, this.named);
    return this.fault === null;
  }

  protected takeConnection(value: string): void {
    if (!applyConnection(value, this)) this.fault ??= FAULTS.badConnection;
  }

  /**
   * True where the line does not pass as it is: leading zeros are legal, but an endpoint whose number parser
   * knows octal would read another length, so the line is written anew (HAProxy does the same).
   */
  protected takeContentLength(value: string): boolean {
    const length = this.contentLength >= 0 ? -1 : parseContentLength(value);
    if (length < 0) this.fault ??= FAULTS.badContentLength;
    this.contentLength = length;
    this.#isLengthRewritten = value.length > 1 && value.charCodeAt(0) === ZERO;
    return this.#isLengthRewritten;
  }

  protected takeTransferEncoding(value: string): void {
    if (this.hasTransferEncoding) this.fault ??= FAULTS.badTransferEncoding;
    else if (!isChunkedOnly(value)) this.fault ??= transferEncodingFault(value);
    this.hasTransferEncoding = true;
  }
}

/** Header lines without those that Connection named; the rare case, so clear rather than fast. */
function withoutNamed(lines: string, named: ReadonlySet<string>): string {
  let kept = '';
  for (let at = 0; at < lines.length;) {
    const next = lines.indexOf('\n', at) + 1;
    const name = lines.slice(at, lines.indexOf(':', at)).toLowerCase();
    if (isProtected(name) || !named.has(name)) kept += lines.slice(at, next);
    at = next;
  }
  return kept;
}
