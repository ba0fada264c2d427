/**
 * Header lines as both codecs hand them on: one latin1 string of `Name: value\r\n` lines, each well formed. All that
 * looks for a header in a request or an answer uses these functions: routing, steps, the access log, answers of our
 * own. Names are given in lower case and found in any case. All of it is linear in the length of the lines.
 */
import { trimmed } from '../blanks.ts';

const COLON = 0x3a;
const CASE_BIT = 0x20;

/** Start of the first line of that name at or after `from`, itself the start of a line; -1 without one. */
export function findLine(lines: string, name: string, from = 0): number {
  for (let at = from; at < lines.length; at = nextLine(lines, at)) if (isLineOf(lines, at, name)) return at;
  return -1;
}

/** Start of the line behind the one at `at`; the length of `lines` behind the last. */
export function nextLine(lines: string, at: number): number {
  const feed = lines.indexOf('\n', at);
  return feed < 0 ? lines.length : feed + 1;
}

export function has(lines: string, name: string): boolean {
  return findLine(lines, name) >= 0;
}

/** The value of the first line of that name, without the blanks around it; null without a line. */
export function find(lines: string, name: string): string | null {
  const at = findLine(lines, name);
  return at < 0 ? null : valueOf(lines, at);
}

/** The values of all lines of that name in order, without the blanks around them. */
export function valuesOf(lines: string, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = findLine(lines, name); at >= 0; at = findLine(lines, name, nextLine(lines, at)))
    values.push(valueOf(lines, at));
  return values;
}

/** The value of the line at `at`, without the blanks around it. */
export function valueOf(lines: string, at: number): string {
  return trimmed(lines, lines.indexOf(':', at) + 1, nextLine(lines, at) - 2);
}

/** The name of the line at `at`, in lower case. */
export function nameOf(lines: string, at: number): string {
  return lines.slice(at, lines.indexOf(':', at)).toLowerCase();
}

/** Calls `visit` for each line in order. */
export function each(lines: string, visit: (name: string, value: string) => void): void {
  for (let at = 0; at < lines.length; at = nextLine(lines, at)) visit(nameOf(lines, at), valueOf(lines, at));
}

/** The lines but those of these names. */
export function without(lines: string, names: ReadonlySet<string>): string {
  if (names.size === 0) return lines;
  let kept = '';
  let spanStart = 0;
  for (let at = 0; at < lines.length;) {
    const next = nextLine(lines, at);
    if (names.has(nameOf(lines, at))) {
      kept += lines.slice(spanStart, at);
      spanStart = next;
    }
    at = next;
  }
  return spanStart === 0 ? lines : kept + lines.slice(spanStart);
}

function isLineOf(lines: string, at: number, name: string): boolean {
  return lines.charCodeAt(at + name.length) === COLON && isNameAt(lines, at, name);
}

/** Whether `name`, in lower case, stands at `at`, in any case; what stands there need not be a name at all. */
export function isNameAt(text: string, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = text.charCodeAt(at + index);
    if ((isCapital(code) ? code | CASE_BIT : code) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}
