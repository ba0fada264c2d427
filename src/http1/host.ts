/**
 * Host (RFC 9110 7.2) and its normal form.
 *
 * Narrower than RFC 3986: a name is made of unreserved characters, in labels that are not empty. Escapes and
 * sub-delimiters (`%41`, `a,b`, `a;b`) are refused: no name of a server has them, and endpoints, logs and
 * generated links read them each in its own way. IPv6 stands in brackets, without a zone.
 */

const MAX_HOST = 255;
const MAX_PORT = 65535;
/**
 * What is in brackets must have a colon, which is looked for separately: as part of the expression it would cost
 * quadratic time.
 */
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*\.?)(?::([0-9]{0,5}))?$/;

/** The parts of a Host. */
export interface Authority {
  /** Lower case, without final dot; an IPv6 address keeps its brackets. */
  readonly host: string;
  /** -1 where none is named (`a` and `a:`). */
  readonly port: number;
}

/** Null: empty or malformed (userinfo, path, comma, a port that is not a number up to 65535 …). */
export function parseAuthority(text: string): Authority | null {
  if (text.length > MAX_HOST) return null;
  const match = AUTHORITY.exec(text);
  if (match === null) return null;
  const port = match[2] === undefined || match[2] === '' ? -1 : Number(match[2]);
  if (port > MAX_PORT) return null;
  const name = match[1].toLowerCase();
  if (name.startsWith('[') && !name.includes(':')) return null;
  return { host: name.endsWith('.') ? name.slice(0, -1) : name, port };
}
