/**
 * The one normal form of a path that routing, limits and lists see (RFC 3986 6.2.2, without the steps that
 * would change what an endpoint means by a path): escaped unreserved characters are decoded, the hex digits
 * of all other escapes are upper case, dot segments (`%2e` too) are resolved. Empty segments (`//`) stay,
 * and an escaped `/` or `\` stays escaped. Bad escapes, `%00` and dot segments that leave the root have no
 * normal form: such a request is refused (`FAULTS.badPath`).
 */

const PERCENT = 0x25;
const SLASH = 0x2f;

/** Matches an escape that is malformed, or that stands for NUL. */
const BAD_ESCAPE = /%(?:00|(?![0-9A-Fa-f]{2}))/;
const ESCAPE = /%[0-9A-Fa-f]{2}/g;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Splits a request target into its path in normal form and its query. One parser is made once and used
 * again and again: a target whose path is normal already costs a few character searches and nothing else.
 */
export class PathParser {
  /** The path in normal form; `*` for `OPTIONS *`. Valid after `parse` returned true. */
  path = '';
  /** The path as it came. */
  rawPath = '';
  /** What follows the first `?`, as it came; `''` without one. */
  query = '';

  /** `target` is in origin form or `*`. False: the path has no normal form, and the request is refused. */
  parse(target: string): boolean {
    const mark = target.indexOf('?');
    const raw = mark < 0 ? target : target.slice(0, mark);
    this.rawPath = raw;
    this.query = mark < 0 ? '' : target.slice(mark + 1);
    const percent = raw.indexOf('%');
    if (percent < 0 && !raw.includes('/.') && raw.charCodeAt(0) === SLASH) {
      this.path = raw;
      return true;
    }
    const path = normalizePath(raw);
    if (path === null) return false;
    this.path = path;
    return true;
  }
}

/** The normal form of a path without query, or null where it has none. Idempotent; linear in the length. */
export function normalizePath(raw: string): string | null {
  if (raw === '*') return raw;
  if (raw.charCodeAt(0) !== SLASH) return null;
  let path = raw;
  if (path.includes('%')) {
    if (BAD_ESCAPE.test(path)) return null;
    path = path.replace(ESCAPE, decodeUnreserved);
  }
  return resolveDots(path, false);
}

/** Whether an escape at `at` stands for an unreserved character, which the normal form holds decoded. */
export function isUnreservedEscape(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== PERCENT) return false;
  return decodeUnreserved(text.slice(at, at + 3)).length === 1;
}

export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(path);
}

function decodeUnreserved(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return UNRESERVED.test(character) ? character : escape.toUpperCase();
}

/**
 * RFC 3986 5.2.4. A `..` with nothing before it is dropped, as there, where `staysInRoot`; else null. Linear in the
 * length.
 */
export function resolveDots(path: string, staysInRoot: true): string;
export function resolveDots(path: string, staysInRoot: boolean): string | null;
export function resolveDots(path: string, staysInRoot: boolean): string | null {
  if (!hasDotSegment(path)) return path;
  const segments = path.split('/');
  const last = segments.length - 1;
  // The empty string before the first slash is not a segment, and stays in place.
  const kept = [''];
  for (let i = 1; i <= last; i++) {
    const segment = segments[i];
    if (segment === '.' || segment === '..') {
      if (segment === '..') {
        if (kept.length > 1) kept.pop();
        else if (!staysInRoot) return null;
      }
      if (i === last) kept.push('');
    } else {
      kept.push(segment);
    }
  }
  return kept.join('/');
}
