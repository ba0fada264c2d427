/** The locations of a server as routes, in the order that gives each request to the location that nginx would choose. */
import type { PathRegexInput, RouteInput } from '../../../config/config-input.ts';
import type { Ledger } from '../ledger.ts';
import { escapePattern, findForeign, toLowerPattern } from '../patterns.ts';
import type { Directive } from './parse-nginx.ts';
import type { PoolBook } from './pool-book.ts';
import { isGuard } from './not-taken.ts';
import { parseLocation, parseTarget, rewritingOf } from './proxy-target.ts';
import type { Location } from './proxy-target.ts';
import type { Scope } from './scope.ts';
import { routeSettings } from './route-settings.ts';

/** A route that is still without a host. */
export interface LocationRoute {
  readonly from: Directive;
  /** Undefined: every path. */
  readonly path: string | PathRegexInput | undefined;
  readonly route: Omit<RouteInput, 'match'>;
}

interface TakenLocation extends Omit<LocationRoute, 'path'> {
  readonly location: Location;
}

/** Locations that could not be taken over are listed; the paths of these go where the rest of their host goes. */
export function convertLocations(
  directives: readonly Directive[],
  scope: Scope,
  pools: PoolBook,
  ledger: Ledger,
): readonly LocationRoute[] {
  const taken = collect(directives, scope, pools, ledger);
  const hasRegex = taken.some(({ location }) => location.kind.startsWith('regex'));
  return taken.toSorted(byNginxOrder).map(({ location, from, route }): LocationRoute => {
    return { from, route, path: toPath(location, hasRegex, from, ledger) };
  });
}

function collect(
  directives: readonly Directive[],
  scope: Scope,
  pools: PoolBook,
  ledger: Ledger,
): readonly TakenLocation[] {
  return directives.flatMap((directive) => {
    if (directive.name !== 'location') return [];
    const inner = scope.inner(directive.children);
    const nested = collect(directive.children, inner, pools, ledger);
    const own = convertLocation(directive, inner, pools, ledger);
    if (own !== null) return [own, ...nested];
    if (nested.length > 0) ledger.take(directive);
    return nested;
  });
}

const WHERE_THEY_GO = 'its paths go where the rest of its host goes';

function convertLocation(from: Directive, scope: Scope, pools: PoolBook, ledger: Ledger): TakenLocation | null {
  const location = parseLocation(from.args);
  const guard = from.children.find(isGuard);
  const proxyPass = from.children.findLast(({ name }) => name === 'proxy_pass');
  const answer = from.children.find(({ name }) => name === 'return');
  if (guard !== undefined) {
    ledger.guard(from, `"${guard.text}" is not built yet; left out, and ${WHERE_THEY_GO}`);
    return null;
  }
  if (location === null) return refuse(from, 'locations for inner use are not built yet', ledger);
  if (answer !== undefined)
    return refuse(
      from,
      `"${answer.text}": redirects and answers of one’s own are not built yet; ${WHERE_THEY_GO}`,
      ledger,
    );
  if (proxyPass === undefined) {
    if (from.children.some(({ name }) => name === 'location')) return null;
    return refuse(from, `${reasonWithoutProxy(from)}; ${WHERE_THEY_GO}`, ledger);
  }
  const target = parseTarget(scope.expand(proxyPass.args[0] ?? '', (set) => ledger.take(set)));
  if (typeof target === 'string') return refuse(from, `"${proxyPass.text}": ${target}; ${WHERE_THEY_GO}`, ledger);
  const rewriting = rewritingOf(location, target.uri);
  if (typeof rewriting === 'string') return refuse(from, `${rewriting}; ${WHERE_THEY_GO}`, ledger);
  const foreign = location.kind.startsWith('regex') ? findForeign(location.path) : null;
  if (foreign !== null) return refuse(from, `${foreign}; ${WHERE_THEY_GO}`, ledger);
  ledger.take(from);
  ledger.take(proxyPass);
  const pool = pools.poolFor(target.host, proxyPass, scope);
  return { from, location, route: { pool, ...rewriting, ...routeSettings(scope, ledger) } };
}

function refuse(from: Directive, reason: string, ledger: Ledger): null {
  ledger.leave(from, reason);
  return null;
}

function reasonWithoutProxy({ children }: Directive): string {
  const other = children.find(({ name }) => /^(?:fastcgi|uwsgi|scgi|grpc|memcached)_pass$/.test(name));
  return other === undefined ? 'Fairlead serves no files' : `"${other.text}": endpoints speak HTTP/1.1 only`;
}

/** Regular expressions as in the file, then prefixes, the longest first; the others have their place by what they are. */
function byNginxOrder(a: TakenLocation, b: TakenLocation): number {
  return rankOf(a.location) - rankOf(b.location) || lengthOf(b.location) - lengthOf(a.location);
}

function rankOf({ kind }: Location): number {
  return kind === 'exact' ? 0 : kind === 'prefix' ? 2 : 1;
}

function lengthOf(location: Location): number {
  return location.kind === 'prefix' ? location.path.length : 0;
}

/**
 * In nginx a regular expression wins over a prefix, in Fairlead a prefix over a regular expression. So beside
 * regular expressions a prefix becomes one too, and stands behind them.
 */
function toPath(location: Location, hasRegex: boolean, from: Directive, ledger: Ledger): LocationRoute['path'] {
  const { kind, path } = location;
  if (kind === 'exact') return path;
  if (kind === 'regex') return { regex: path };
  if (kind === 'regex-any-case') return { regex: toLowerPattern(path), ignoreCase: 'on' };
  if (path === '/') return undefined;
  if (hasRegex && !location.isFinal) return { regex: `^${escapePattern(path)}` };
  if (!path.endsWith('/')) ledger.differ(from, `a prefix ends at a segment here: ${path} and ${path}/x, not ${path}x`);
  return path.endsWith('/') ? `${path}*` : `${path}/*`;
}
