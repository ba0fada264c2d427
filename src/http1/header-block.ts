/**
 * Scans a header block: one latin1 string of `Name: value\r\n` lines.
 *
 * One sticky regular expression runs over it, whose classes are disjoint, so that it never goes back (about
 * 0.8 µs a KB): it checks the form of every line and stops at the names that matter. Those lines are looked at
 * one by one. All others pass, copied not line by line but as the spans between those that do not pass.
 */
import { trimmed } from '../core/blanks.ts';
import { without } from '../core/http/header-lines.ts';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { applyConnection } from './connection-options.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { isChunkedOnly, parseContentLength, transferEncodingFault } from './framing.ts';

/** RFC 9110 5.1: a name, and the colon right behind it. */
const NAME = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+:";
/** RFC 9110 5.5: field content with obs-text, and CRLF. No obs-fold, no bare CR or LF, no other control character. */
const VALUE = '[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n';
const LINES = new RegExp(`(?:${NAME}${VALUE})*`, 'y');
const NAME_ONLY = new RegExp(NAME, 'y');
/** Lines that one run of an expression goes over, so that most blocks need not be counted. */
const RUN = 16;

/** What `take` returns for a line: it is none of those that matter. */
export const UNKNOWN = 0;
/** It does matter, and passes with the others. */
export const PASS = 1;
/** It does not. */
export const DROP = 2;
export type Taken = 0 | 1 | 2;

/**
 * An expression that begins within a line, at its value or at its CRLF, and runs from there over well-formed
 * lines: {@link RUN} of them, or up to the first that has one of these names (lower case), begins with a prefix,
 * or has an underscore in its name.
 */
export function linesExcept(names: readonly string[], prefix = ''): RegExp {
  const prefixed = prefix === '' ? '' : `|${prefix}`;
  const name = NAME.replace('_', '');
  return new RegExp(`${VALUE}(?:(?!(?:${names.join('|')}):${prefixed})${name}${VALUE}){0,${RUN}}`, 'iy');
}

const ZERO = 0x30;

/** Whether `text[start, end)` is nothing but well-formed header lines. */
export function isHeaderBlock(text: string, start: number, end: number): boolean {
  LINES.lastIndex = start;
  LINES.test(text);
  return LINES.lastIndex === end;
}

function isNameGood(text: string, at: number): boolean {
  NAME_ONLY.lastIndex = at;
  return NAME_ONLY.test(text);
}

function countLines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at = text.indexOf('\n', at) + 1) count++;
  return count;
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
  /** Content-Length is written anew, in its canonical form. */
  protected isLengthRewritten = false;

  /**
   * Looks at the line whose name is in `[at, colon)` and whose value, not checked yet, in `(colon, end)`. Sets
   * `fault` where the line is refused.
   */
  protected abstract take(text: string, at: number, colon: number, end: number): Taken;

  /**
   * Reads `text[start, end)`, which has CRLF in front of it and behind it, into the fields; once for each
   * object. `others` is made by {@link linesExcept} from the names that `take` knows. False: refused, and
   * `fault` says why.
   */
  protected scan(text: string, start: number, end: number, maxHeaders: number, others: RegExp): boolean {
    let lines = '';
    let spanStart = start;
    let from = start - 2;
    let atMost = RUN;
    for (; ; atMost += RUN + 1) {
      others.lastIndex = from;
      const isGood = others.test(text);
      const at = others.lastIndex;
      if (isGood && at === end) break;
      const colon = text.indexOf(':', at);
      const lineEnd = text.indexOf('\r', colon);
      const taken = isGood ? this.take(text, at, colon, lineEnd) : UNKNOWN;
      // The run has stopped for its length, or because the line is malformed.
      if (taken === UNKNOWN && !(isGood && isNameGood(text, at))) {
        this.fault = FAULTS.badHeader;
        return false;
      }
      if (taken === DROP) {
        if (spanStart < at) lines += text.slice(spanStart, at);
        spanStart = lineEnd + 2;
      }
      from = colon + 1;
    }
    if (spanStart < end) lines += text.slice(spanStart, end);
    if (this.isLengthRewritten) lines += `Content-Length: ${this.contentLength}\r\n`;
    this.lines = this.named === null ? lines : without(lines, this.named);
    if (atMost > maxHeaders && countLines(text, start, end) > maxHeaders) this.fault = FAULTS.headTooLarge;
    return this.fault === null;
  }

  protected takeConnection(value: string): Taken {
    if (!applyConnection(value, this)) this.fault ??= FAULTS.badConnection;
    return DROP;
  }

  /**
   * Tabs around the value are refused, here and in Transfer-Encoding: they are legal, but nobody sends them, and
   * parsers disagree about them (Node's reads `chunked` with a tab behind it as another coding). Leading zeros are
   * legal, but an endpoint whose number parser knows octal would read another length, so such a line is written anew
   * (HAProxy does the same).
   */
  protected takeContentLength(raw: string): Taken {
    const value = trimmed(raw, 0, raw.length);
    const length = this.contentLength >= 0 || raw.includes('\t') ? -1 : parseContentLength(value);
    if (length < 0) this.fault ??= FAULTS.badContentLength;
    this.contentLength = length;
    this.isLengthRewritten = value.length > 1 && value.charCodeAt(0) === ZERO;
    return this.isLengthRewritten ? DROP : PASS;
  }

  protected takeTransferEncoding(raw: string): Taken {
    const value = trimmed(raw, 0, raw.length);
    if (this.hasTransferEncoding || raw.includes('\t')) this.fault ??= FAULTS.badTransferEncoding;
    else if (!isChunkedOnly(value)) this.fault ??= transferEncodingFault(value);
    this.hasTransferEncoding = true;
    return DROP;
  }
}
