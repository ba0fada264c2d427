/** Header names and values as the author of a middleware writes them: what can be sent, or a TypeError that says why not. */
import { isUntouchableInRequests, isUntouchableInResponses } from '../http/untouchable.ts';

/** RFC 9110 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters of latin1, blanks within (RFC 9110 5.5). */
const VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** Whose lines they are. */
export type HeaderSide = 'request' | 'response';

/** The name in lower case. */
export function checkHeaderName(name: unknown, side: HeaderSide): string {
  if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError(`${show(name)} is not the name of a header`);
  const lower = name.toLowerCase();
  const isUntouchable = side === 'request' ? isUntouchableInRequests(lower) : isUntouchableInResponses(lower);
  if (isUntouchable) throw new TypeError(`${name} of a ${side} is Fairlead's own, and no middleware changes it`);
  return lower;
}

export function checkHeaderValue(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : value;
  if (typeof text === 'string' && VALUE.test(text)) return text;
  throw new TypeError(
    `${name} cannot have the value ${show(value)}: write text without line ends, encoded where it is not latin1`,
  );
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
}
