/**
 * The cookies of a request within its header lines (RFC 6265 5.4), names and values exact, quotes included. All of it is
 * linear in the length of the lines.
 */
import { blanksStart, skipBlanks } from '../blanks.ts';
import { endOf } from '../borders.ts';
import { findLine, nextLine } from './header-lines.ts';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const COOKIE = 'cookie';
const LINE_END = 2;

/** Where the cookies of a line of the name `cookie` begin. */
function valueStart(line: number): number {
  return line + COOKIE.length + 1;
}

/** Where the value of a cookie begins within `lines[start, end)`, the beginning of a pair; -1 where it is not there. */
export function findCookie(lines: string, start: number, end: number, name: string): number {
  for (let at = start; at < end; at = endOf(lines, at, end, SEMICOLON) + 1) {
    at = skipBlanks(lines, at);
    const equals = at + name.length;
    if (equals < end && lines.charCodeAt(equals) === EQUALS && lines.startsWith(name, at)) return equals + 1;
  }
  return -1;
}

/** Walks over the cookies of one name; made once and used for one request after another. */
export class CookieWalk {
  readonly #name: string;
  #lines = '';
  #lineEnd = 0;
  #pairEnd = 0;
  /** The value is `lines[start, end)`. */
  start = 0;
  end = 0;

  constructor(name: string) {
    this.#name = name;
  }

  begin(lines: string): void {
    this.#lines = lines;
    this.#lineEnd = 0;
    this.#pairEnd = 0;
  }

  /** The value of the first one of these lines; null: there is none. */
  first(lines: string): string | null {
    this.begin(lines);
    return this.next() ? lines.slice(this.start, this.end) : null;
  }

  /** Whether there is another one. */
  next(): boolean {
    const lines = this.#lines;
    for (let from = this.#pairEnd + 1; ;) {
      const at = from > this.#lineEnd ? -1 : findCookie(lines, from, this.#lineEnd, this.#name);
      if (at >= 0) return this.#found(at);
      const behind = this.#lineEnd === 0 ? 0 : this.#lineEnd + LINE_END;
      const line = findLine(lines, COOKIE, behind);
      if (line < 0) return false;
      this.#lineEnd = nextLine(lines, line) - LINE_END;
      from = valueStart(line);
    }
  }

  #found(start: number): boolean {
    this.#pairEnd = endOf(this.#lines, start, this.#lineEnd, SEMICOLON);
    this.start = start;
    this.end = blanksStart(this.#lines, start, this.#pairEnd);
    return true;
  }
}

/** The lines without the cookies of that name; a line with no other cookie goes as a whole. */
export function withoutCookie(lines: string, name: string): string {
  let kept = '';
  let from = 0;
  for (let line = findLine(lines, COOKIE); line >= 0; line = findLine(lines, COOKIE, nextLine(lines, line))) {
    const next = nextLine(lines, line);
    const start = valueStart(line);
    if (findCookie(lines, start, next - LINE_END, name) < 0) continue;
    kept += lines.slice(from, line);
    const others = pairsBut(lines, start, next - LINE_END, name);
    if (others !== '') kept += `${lines.slice(line, start)} ${others}\r\n`;
    from = next;
  }
  return from === 0 ? lines : kept + lines.slice(from);
}

function pairsBut(lines: string, start: number, end: number, name: string): string {
  let pairs = '';
  for (let at = start; at < end;) {
    const from = Math.min(skipBlanks(lines, at), end);
    const border = endOf(lines, from, end, SEMICOLON);
    const isNamed = findCookie(lines, from, border, name) >= 0;
    if (!isNamed && border > from) pairs += `${pairs === '' ? '' : '; '}${lines.slice(from, border)}`;
    at = border + 1;
  }
  return pairs;
}
