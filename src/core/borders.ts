/** Where pieces of a text end. */

/** Where the character stands next, `end` where it does not; what lies behind is not looked at, or this would be quadratic. */
export function endOf(text: string, start: number, end: number, border: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== border) at++;
  return at;
}
