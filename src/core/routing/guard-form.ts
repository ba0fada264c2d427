/**
 * How a server behind us may read a path, so that a guard of `/admin/*` guards it under every spelling that the server
 * accepts. Escapes are decoded (`%2F`, `%5C` and all else that can be seen, beyond the normal form), `\` is read as
 * `/`, slashes are merged, dot segments resolved then, and what follows a `;` in a segment is left off. Servers differ
 * in whether they do so with `%2F`, `\` and `;`, and in the order of these steps, and `//x/y` may be `/y` at a host x
 * (`new URL` of Node); where that makes a difference, each reading is a form of its own.
 *
 * `%25`, `%3F`, `%23` and what cannot be seen stay escaped, so that a form compares with a path as a config writes it.
 */
import { hasDotSegment, resolveDots } from './path.ts';

const ESCAPE = /%[0-9A-Fa-f]{2}/g;
const SLASHES = /\/{2,}/g;
const ESCAPED_SLASH = /%(?:2F|5C)/i;
const OTHER_ESCAPE = /%(?!2F|5C)[0-9A-F]{2}/gi;
const PARAMETERS = /;[^/]*/g;
const AUTHORITY = /^\/[/\\]+[^/\\]*/;
/** What stays escaped although it can be seen: `%`, `?` and `#` would mean something else. */
const STAYS = new Set(['%', '?', '#']);

/** The path of a route, in normal form, as the forms of requests are compared with it. */
export function guardForm(path: string): string {
  return isPlain(path) ? path : resolveDots(mergeSlashes(decode(path).replaceAll('\\', '/')), true);
}

const NONE: readonly string[] = [];

/**
 * The guard forms of a path as it came, but its normal form `path`; none for most paths. They cannot be made of the
 * normal form: in `/admin%2Fx/..` the dots have taken `admin` away. Linear in the length: there are 34 at the most,
 * for a path with all of `\`, `;`, escapes, `//` and dot segments.
 */
export function guardForms(rawPath: string, path: string): readonly string[] {
  if (isPlain(rawPath)) return NONE;
  const forms = new Set<string>();
  addReadings(forms, rawPath);
  // If `;…` is cut off before anything is decoded, `/admin;%2F..` is `/admin`.
  if (rawPath.includes(';') && rawPath.includes('%')) addReadings(forms, rawPath.replace(PARAMETERS, ''));
  // A URL without a scheme, whose path follows a host.
  if (AUTHORITY.test(rawPath)) addUrl(forms, rawPath.replace(AUTHORITY, '') || '/');
  forms.delete(path);
  return [...forms];
}

function addReadings(forms: Set<string>, raw: string): void {
  addDecoded(forms, decode(raw));
  // If an escaped slash does not separate segments, `..` removes another segment.
  if (ESCAPED_SLASH.test(raw)) addDecoded(forms, decodeOthers(raw));
}

function addUrl(forms: Set<string>, raw: string): void {
  addResolved(forms, decodeOthers(raw).replaceAll('\\', '/'));
}

function addDecoded(forms: Set<string>, decoded: string): void {
  addForms(forms, decoded.replaceAll('\\', '/'));
  if (decoded.includes('\\')) addForms(forms, decoded);
}

function addForms(forms: Set<string>, decoded: string): void {
  addResolved(forms, decoded);
  if (decoded.includes(';')) addResolved(forms, decoded.replace(PARAMETERS, ''));
}

function addResolved(forms: Set<string>, path: string): void {
  const merged = mergeSlashes(path);
  forms.add(resolveDots(merged, true));
  // If `//` stays an empty segment, `..` removes that one.
  if (merged !== path && hasDotSegment(path)) forms.add(mergeSlashes(resolveDots(path, true)));
}

/** Nothing in it can be read in two ways. */
function isPlain(path: string): boolean {
  return !(path.includes('%') || path.includes('//') || path.includes(';') || path.includes('\\'));
}

function decode(path: string): string {
  return path.replace(ESCAPE, decodeVisible);
}

/** All but slashes. */
function decodeOthers(path: string): string {
  return path.replace(OTHER_ESCAPE, decodeVisible).replace(ESCAPE, upperCase);
}

function upperCase(escape: string): string {
  return escape.toUpperCase();
}

function decodeVisible(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return character > ' ' && character <= '~' && !STAYS.has(character) ? character : escape.toUpperCase();
}

function mergeSlashes(path: string): string {
  return path.replace(SLASHES, '/');
}
