/** Where a `proxy_pass` goes, and what it does to the path. */
import type { RouteInput } from '../../config/config-input.ts';
import { lacking } from '../features.ts';
import { withPort } from './values.ts';

export interface ProxyTarget {
  /** `backend`, `localhost:3000` or `unix:/run/app.sock`. */
  readonly host: string;
  /** Null: the path goes on as it came. */
  readonly uri: string | null;
  /** `https://`. */
  readonly isTls: boolean;
}

/** What was asked for, whole. */
const AS_ASKED = /\$(?:request_uri|uri\$is_args\$args)$/;

const HOST = /^https?:\/\/(?!unix:)([^/?#]+)([/?#].*)?$/i;
/** The URI stands behind a colon. */
const SOCKET = /^https?:\/\/(unix:\/[^:]+)(?::(.+)?)?$/i;

/** The target, or why Fairlead cannot have it. Variables with a known value have been replaced by then. */
export function parseTarget(url: string): ProxyTarget | string {
  const found = HOST.exec(url.replace(AS_ASKED, '')) ?? SOCKET.exec(url.replace(AS_ASKED, ''));
  if (found === null) return 'this is not an address that can be known beforehand';
  const host = /^unix:/i.test(found[1]) ? withPort(found[1]) : found[1].toLowerCase();
  const uri = found[2] ?? null;
  if (host.includes('$') || uri?.includes('$')) return lacking('computedNames');
  if (uri !== null && /[?#]/.test(uri)) return 'a query cannot be added';
  return { host, uri, isTls: /^https:/i.test(url) };
}

/** With a variable nginx sends the URI of `proxy_pass` alone, whatever was asked. */
export function sendsOneUri(url: string, target: ProxyTarget): boolean {
  return target.uri !== null && url.replace(AS_ASKED, '').includes('$');
}

export interface Location {
  readonly kind: 'exact' | 'regex' | 'regex-any-case' | 'prefix';
  readonly path: string;
  /** Of a prefix with `^~`: no regular expression is tried. */
  readonly isFinal: boolean;
}

/** What a browser escapes in a path (WHATWG URL), and what would be read as an escape, a query or a fragment. */
const ESCAPED = /[^!-~]|["#%<>?^`{}]/gu;

/** nginx compares a location with the path decoded; here a path is written as it comes. */
function toWritten(path: string): string {
  return path.toWellFormed().replace(ESCAPED, encodeURIComponent);
}

/** `= /x`, `^~ /x`, `~ x`, `~* x`, `/x`; null for a named location. */
export function parseLocation(args: readonly string[]): Location | null {
  const [first = '', second] = args;
  const glued = second === undefined ? /^(=|\^~|~\*|~)(.+)$/s.exec(first) : null;
  const [sign, path] = glued !== null ? [glued[1], glued[2]] : second === undefined ? ['', first] : [first, second];
  if (sign === '=') return { kind: 'exact', path: toWritten(path), isFinal: true };
  if (sign === '~') return { kind: 'regex', path, isFinal: true };
  if (sign === '~*') return { kind: 'regex-any-case', path, isFinal: true };
  if (sign === '^~' || sign === '')
    return path.startsWith('@') ? null : { kind: 'prefix', path: toWritten(path), isFinal: sign === '^~' };
  return null;
}

export type Rewriting = Pick<RouteInput, 'stripPrefix' | 'replacePrefix'>;

/**
 * nginx puts the URI of `proxy_pass` in place of the location's own text, whatever follows. Fairlead replaces whole
 * segments; the answer is a reason where the two are not the same.
 */
export function rewritingOf(location: Location, uri: string | null): Rewriting | string {
  if (uri === null) return {};
  if (location.kind === 'exact') return uri === location.path ? {} : replace(location.path, uri);
  if (location.kind !== 'prefix') return 'a regular expression says nothing of what the path of proxy_pass replaces';
  const { path } = location;
  if (path === uri) return {};
  // `/api/` and `/v2/`, or `/api` and `/v2`: whole segments on both sides.
  if (path.endsWith('/') === uri.endsWith('/')) return replace(trim(path), trim(uri));
  // nginx makes `//x` of `/api/x` here, which servers read as `/x`.
  if (uri === '/') return replace(path, '/');
  return `nginx glues ${JSON.stringify(uri)} to what follows ${JSON.stringify(path)}; Fairlead replaces whole segments`;
}

function replace(prefix: string, by: string): Rewriting {
  if (prefix === by) return {};
  return by === '/' ? { stripPrefix: prefix } : { replacePrefix: { prefix, by } };
}

function trim(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
