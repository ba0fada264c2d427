/** Header lines as a map, and a map as lines. */
import { each } from '../core/http/header-lines.ts';

export function linesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** Names in lower case; several lines of one joined by `, `. */
export function headersOf(lines: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  each(lines, (name, value) => {
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  });
  return headers;
}
