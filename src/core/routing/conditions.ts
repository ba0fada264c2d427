/**
 * The conditions beside host and path: method, header, query, cookie. They read the request where it lies,
 * and allocate nothing unless a query parameter is escaped.
 */
import { isBlank, skipBlanks } from '../blanks.ts';
import type { RouteMatch, ValueMatch } from '../snapshot.ts';
import type { RoutedRequest } from './routed-request.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;

/** How many conditions a match has beside host and path: the methods together are one, each value is one. */
export function countConditions(match: RouteMatch): number {
  const methods = match.methods.length > 0 ? 1 : 0;
  return methods + match.headers.length + match.query.length + match.cookies.length;
}

export function meetsConditions(match: RouteMatch, request: RoutedRequest): boolean {
  if (match.methods.length > 0 && !match.methods.includes(request.method)) return false;
  for (const condition of match.headers) if (!hasHeader(request.lines, condition)) return false;
  for (const condition of match.query) if (!hasParameter(request.query, condition)) return false;
  for (const condition of match.cookies) if (!hasCookie(request.lines, condition)) return false;
  return true;
}

/** Whether one of the lines of that name (any case) has exactly that value, blanks around it left aside. */
export function hasHeader(lines: string, { name, value }: ValueMatch): boolean {
  for (let at = findLine(lines, name, 0); at >= 0; at = findLine(lines, name, nextLine(lines, at))) {
    if (value === null) return true;
    const start = skipBlanks(lines, at + name.length + 1);
    if (lines.startsWith(value, start) && isBlankUntilEnd(lines, start + value.length)) return true;
  }
  return false;
}

/** Whether a cookie of exactly that name has exactly that value, quotes included where it has any. */
export function hasCookie(lines: string, { name, value }: ValueMatch): boolean {
  for (let at = findLine(lines, 'cookie', 0); at >= 0; at = findLine(lines, 'cookie', nextLine(lines, at))) {
    const end = endOfLine(lines, at);
    const pairs = lines.slice(at + 7, end);
    for (let start = 0; start < pairs.length;) {
      const semicolon = pairs.indexOf(';', start);
      const stop = semicolon < 0 ? pairs.length : semicolon;
      if (isCookiePair(pairs, skipBlanks(pairs, start), trimBlanks(pairs, stop), name, value)) return true;
      start = stop + 1;
    }
  }
  return false;
}

/**
 * Whether a parameter has that name and value once both are decoded as forms write them (`+` is a blank).
 * An escape that is malformed, or is not UTF-8, matches nothing.
 */
export function hasParameter(query: string, { name, value }: ValueMatch): boolean {
  // Searched for once only where there is none, or it stands far behind.
  let equals = -1;
  for (let start = 0; start < query.length;) {
    const ampersand = query.indexOf('&', start);
    const end = ampersand < 0 ? query.length : ampersand;
    if (equals < start) equals = nextOrEnd(query, '=', start);
    const border = Math.min(equals, end);
    if (isFormText(query, start, border, name)) {
      if (value === null || isFormText(query, Math.min(border + 1, end), end, value)) return true;
    }
    start = end + 1;
  }
  return false;
}

function nextOrEnd(text: string, sign: string, from: number): number {
  const at = text.indexOf(sign, from);
  return at < 0 ? text.length : at;
}

function isCookiePair(text: string, start: number, end: number, name: string, value: string | null): boolean {
  const equals = start + name.length;
  if (equals >= end || text[equals] !== '=' || !text.startsWith(name, start)) return false;
  return value === null || (end - equals - 1 === value.length && text.startsWith(value, equals + 1));
}

function isFormText(text: string, start: number, end: number, wanted: string): boolean {
  if (end - start === wanted.length && text.startsWith(wanted, start)) {
    // What reads the same may still mean something else: `a+b` is `a b`.
    return !wanted.includes('+') && !wanted.includes('%');
  }
  // Decoding never lengthens a text, so a shorter one cannot become the wanted one.
  if (end - start < wanted.length) return false;
  const piece = text.slice(start, end);
  if (!piece.includes('%') && !piece.includes('+')) return false;
  return decodeForm(piece) === wanted;
}

function decodeForm(piece: string): string | null {
  try {
    return decodeURIComponent(piece.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** Start of the first line at or after `from` (itself the start of a line) with that name, given in lower case; -1: none. */
function findLine(lines: string, name: string, from: number): number {
  for (let at = from; at < lines.length; at = nextLine(lines, at)) {
    if (lines.charCodeAt(at + name.length) === COLON && isName(lines, at, name)) return at;
  }
  return -1;
}

function isName(lines: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = lines.charCodeAt(at + i);
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (lower !== name.charCodeAt(i)) return false;
  }
  return true;
}

function nextLine(lines: string, at: number): number {
  const feed = lines.indexOf('\n', at);
  return feed < 0 ? lines.length : feed + 1;
}

/** Where the value of the line ends: before CRLF. */
function endOfLine(lines: string, at: number): number {
  let end = lines.indexOf('\n', at);
  if (end < 0) return lines.length;
  if (lines.charCodeAt(end - 1) === CR) end--;
  return end;
}

function trimBlanks(text: string, to: number): number {
  let end = to;
  while (isBlank(text.charCodeAt(end - 1))) end--;
  return end;
}

function isBlankUntilEnd(lines: string, from: number): boolean {
  const at = skipBlanks(lines, from);
  const code = lines.charCodeAt(at);
  return at >= lines.length || code === CR || code === LF;
}
