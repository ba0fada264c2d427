/**
 * Blanks and tabs around values in a header (RFC 9110 5.6.3). `String.trim` will not do: it takes 0xa0 for a blank. Nor
 * will an expression such as `/[\t ]+$/`: it begins anew at each blank, so that n blanks cost n² steps.
 */

const SPACE = 0x20;
const TAB = 0x09;

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** The position of the first character from `start` on that is neither blank nor tab. */
export function skipBlanks(text: string, start: number): number {
  let at = start;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** `text[start, end)` without the blanks and tabs around it. */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  while (from < end && isBlank(text.charCodeAt(from))) from++;
  return text.slice(from, blanksStart(text, from, end));
}

/** Where the blanks and tabs begin at the end of `text[start, end)`; `end` where there are none. */
export function blanksStart(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}
