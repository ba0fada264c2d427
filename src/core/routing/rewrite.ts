/**
 * Replaces the matched prefix of a target on its way to an endpoint. The endpoint gets the rest as it came,
 * escapes and query untouched. Where the path has dot segments, what came cannot be cut safely
 * (`/v1/../admin` is not under `/v1`), and the rest goes out in normal form instead, which means the same.
 */
import { isUnreservedEscape } from './path.ts';

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const LEADING_SLASHES = /^\/{2,}/;

/**
 * `target` as it came, `path` its path in normal form, `prefix` and `by` as in a route (`by` `''` strips).
 * A target that is not under the prefix comes back as it is. The result is never empty, and never begins
 * with `//` or `/\`, which some servers read as the name of a host: slashes become one, a `\` is escaped.
 */
export function replacePrefix(target: string, path: string, prefix: string, by: string): string {
  const cut = prefix === '/' ? '' : prefix;
  if (!isUnder(path, cut)) return target;
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  const isNormal = raw === path || DOT_SEGMENT.test(raw);
  const rest = isNormal ? path.slice(cut.length) : raw.slice(rawLength(raw, cut.length));
  return join(by, rest) + query;
}

function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length ? path !== '' : path[prefix.length] === '/';
}

/** How much of `raw`, which has no dot segments, becomes the first `length` characters of its normal form. */
function rawLength(raw: string, length: number): number {
  let at = 0;
  for (let normal = 0; normal < length; normal++) at += isUnreservedEscape(raw, at) ? 3 : 1;
  return at;
}

function join(by: string, rest: string): string {
  const head = by.endsWith('/') && rest.startsWith('/') ? by.slice(0, -1) : by;
  return namingNoHost(head + rest);
}

/** No server reads the beginning of this path as the name of a host. */
export function namingNoHost(path: string): string {
  if (path === '') return '/';
  const single = path.replace(LEADING_SLASHES, '/');
  return single.startsWith('/\\') ? `/%5C${single.slice(2)}` : single;
}

/** Whether some segment is `.` or `..`, escaped or not. */
export function leadsElsewhere(path: string): boolean {
  return DOT_SEGMENT.test(path);
}
