/** The locations of a server as routes, in the order that gives each request to the location that nginx would choose. */
import type { PathRegexInput, RouteInput } from '../../config/config-input.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { escapePattern, findForeign, toLowerPattern } from '../patterns.ts';
import type { Directive } from './parse-nginx.ts';
import type { PoolBook } from './pool-book.ts';
import { guardedBy, isGuard } from './not-taken.ts';
import { ARE_CLOSED, isToSecure } from '../redirect.ts';
import { answeredBy, readIf } from './answers.ts';
import { isRedirect, mayLeadToHttps, readRedirect } from './redirects.ts';
import { mayMeet, readReplacement, toRewriting } from '../prefix-rewriting.ts';
import { isAccessRule, readAccess, takeAccess } from './access.ts';
import { parseLocation, parseTarget, rewritingOf, sendsOneUri } from './proxy-target.ts';
import type { Location, Rewriting } from './proxy-target.ts';
import type { Scope } from './scope.ts';
import { readRateLimits } from './rate-limits.ts';
import { routeSettings } from './route-settings.ts';

/** A route that is still without a host. */
export interface LocationRoute {
  readonly from: Directive;
  /** Undefined: every path. */
  readonly path: string | PathRegexInput | undefined;
  readonly route: Omit<RouteInput, 'match'>;
  /** In its place, for what comes by http; undefined: nothing else. */
  readonly byHttp?: Omit<RouteInput, 'match'>;
}

interface TakenLocation extends Omit<LocationRoute, 'path'> {
  readonly location: Location;
  /** It kept somebody out, or answers nobody: it leads to the closed pool. */
  readonly isGuarded: boolean;
}

interface PlacedLocation extends TakenLocation {
  /** No regular expression is tried behind it. */
  readonly isFinal: boolean;
}

/** Locations that could not be taken over are listed; the paths of these go where the rest of their host goes. */
export function convertLocations(
  directives: readonly Directive[],
  scope: Scope,
  pools: PoolBook,
  report: Report,
): readonly LocationRoute[] {
  const taken = collect(directives, scope, pools, report);
  const hasRegex = taken.some(({ location }) => location.kind.startsWith('regex'));
  const hasOpenEnd = taken.some(({ location, isGuarded }) => isGuarded && endsWithin(location));
  const exact = new Set(taken.flatMap(({ location: { kind, path } }) => (kind === 'exact' ? [path] : [])));
  const placed = taken.map((each) => ({
    ...each,
    isFinal: each.location.isFinal || isBehindFinal(each.location, taken),
  }));
  return placed.toSorted(byNginxOrder).map(({ location, from, isFinal, isGuarded, ...routes }): LocationRoute => {
    if (isFinal && !location.isFinal && hasRegex) {
      report.differ(from, 'behind a location with ^~ no regular expression is tried here');
    }
    const asPattern = hasOpenEnd || (hasRegex && !isFinal);
    noteEnd(location, { asPattern, exact }, from, report);
    const path = toPath(location, asPattern);
    return { from, ...(isGuarded ? guarded(routes, path) : routes), path };
  });
}

/** Where a prefix ends otherwise than in nginx. `exact`: paths with a location of their own. */
function noteEnd(
  { kind, path }: Location,
  { asPattern, exact }: { readonly asPattern: boolean; readonly exact: ReadonlySet<string> },
  from: Directive,
  report: Report,
): void {
  if (kind !== 'prefix' || path === '/') return;
  const bare = path.replace(/\/$/, '');
  if (bare === path) {
    if (!asPattern) report.differ(from, `a prefix ends at a segment here: ${path} and ${path}/x, not ${path}x`);
  } else if (exact.has(bare)) {
    // That location has it, here as there.
  } else if (from.children.some(({ name }) => name === 'proxy_pass')) {
    report.differ(from, `nginx answers ${bare} with a redirect to ${path}; here it is one of the paths of ${path}`);
  } else report.differ(from, `a prefix ends at a segment here: ${bare} as well as ${path}x`);
}

/** It takes the start of a longer segment as well: a guard that does so must, and no other prefix may overtake it. */
function endsWithin({ kind, path }: Location): boolean {
  return kind === 'prefix' && !path.endsWith('/');
}

function collect(
  directives: readonly Directive[],
  scope: Scope,
  pools: PoolBook,
  report: Report,
): readonly TakenLocation[] {
  return directives.flatMap((directive) => {
    if (directive.name !== 'location') return [];
    const inner = scope.inner(directive.children);
    const own = convertLocation(directive, inner, pools, report);
    // What is inside it is guarded as well.
    if (findGuard(directive, inner) !== undefined) return own === null ? [] : [own];
    const nested = collect(directive.children, inner, pools, report);
    if (own !== null) return [own, ...nested];
    if (nested.length > 0) report.take(directive);
    return nested;
  });
}

const WHERE_THEY_GO = 'its paths go where the rest of its host goes';

function convertLocation(from: Directive, scope: Scope, pools: PoolBook, report: Report): TakenLocation | null {
  const location = parseLocation(from.args);
  const guard = findGuard(from, scope);
  if (location === null) return refuse(from, lacking('innerLocations'), report);
  const foreign = location.kind.startsWith('regex') ? findForeign(location.path) : null;
  if (guard !== undefined) {
    const where = foreign === null ? ARE_CLOSED : `${foreign}; ${WHERE_THEY_GO}`;
    report.guard(from, `"${guard.text}": ${lacking(guardedBy(guard), where)}`);
    return foreign === null ? { from, location, isGuarded: true, route: { pool: pools.closed(from) } } : null;
  }
  if (foreign !== null) return refuse(from, `${foreign}; ${WHERE_THEY_GO}`, report);
  if (!location.kind.startsWith('regex') && !location.path.startsWith('/')) {
    return refuse(from, 'no path begins like this', report);
  }
  const open = convertOpen(from, location, scope, pools, report);
  const isFrame = !from.children.some(isGuard) && from.children.some(({ name }) => name === 'location');
  if (open !== null || !hasRules(scope) || isFrame) return open;
  // It has no server that was taken over.
  return { from, location, isGuarded: true, route: { pool: pools.closed(from) } };
}

/** Its paths must not go where other rules hold. */
function hasRules(scope: Scope): boolean {
  return Object.keys(readAccess(scope) ?? {}).length > 0;
}

/** Who is kept out there by anything but rules that are taken over. */
function findGuard(from: Directive, scope: Scope): Directive | undefined {
  const isTaken = readAccess(scope) !== null;
  return from.children.find((each) => isGuard(each) && !(isTaken && isAccessRule(each)));
}

/** A location that keeps nobody out. */
function convertOpen(
  from: Directive,
  location: Location,
  scope: Scope,
  pools: PoolBook,
  report: Report,
): TakenLocation | null {
  const where = hasRules(scope) ? ARE_CLOSED : WHERE_THEY_GO;
  const proxyPass = from.children.findLast(({ name }) => name === 'proxy_pass');
  const answer = from.children.find((each) => each.name === 'return' || isRedirect(each, prefixOf(location)));
  if (answer !== undefined) return convertAnswer({ from, location, answer }, scope, pools, report);
  if (proxyPass === undefined) {
    const partly = from.children.find(mayLeadToHttps);
    if (partly !== undefined) return close({ from, location, answer: partly }, pools, report);
    if (from.children.some(({ name }) => name === 'location')) return null;
    return refuse(from, `${reasonWithoutProxy(from)}; ${where}`, report);
  }
  const url = proxyPass.args[0] ?? '';
  const target = parseTarget(scope.expand(url, (set) => report.take(set)));
  if (typeof target === 'string') return refuse(from, `"${proxyPass.text}": ${target}; ${where}`, report);
  const rewriting = sendsOneUri(url, target) ? ONE_URI : rewritingOf(location, target.uri);
  if (typeof rewriting === 'string') return refuse(from, `${rewriting}; ${where}`, report);
  report.take(from);
  report.take(proxyPass);
  const pool = pools.poolFor(target, proxyPass, scope);
  const rewritten = target.uri === null ? readRewrite(from, location, report) : rewriting;
  const access = readAccess(scope) ?? {};
  takeAccess(scope, report);
  const route = {
    pool,
    ...access,
    ...rewritten,
    ...readRateLimits(scope, pools.draft, report),
    ...routeSettings(scope, report),
  };
  const front = readFront(from, scope, pools, report);
  const isGuarded = Object.keys(access).length > 0;
  return { from, location, isGuarded, route, ...(front === null ? {} : { byHttp: front }) };
}

/** `if ($scheme = http)` in front of a proxy. */
function readFront(from: Directive, scope: Scope, pools: PoolBook, report: Report): LocationRoute['route'] | null {
  const found = from.children.filter(({ name }) => name === 'if').map((each) => readIf(each, scope, report));
  const byHttp = found.find((each) => each?.host === null);
  return byHttp === undefined || byHttp === null ? null : answeredBy(byHttp, 'http', pools, report).route;
}

/** Nobody there is asked for what is not sent to https, and no other location may serve what is. */
function close({ from, location, answer }: Answering, pools: PoolBook, report: Report): TakenLocation {
  report.leave(from, `"${answer.text}": ${lacking('redirects', ARE_CLOSED)}`);
  return { from, location, isGuarded: true, route: { pool: pools.closed(from) } };
}

/** What all paths begin with that come to a location. */
function prefixOf({ kind, path }: Location): string {
  return kind.startsWith('regex') ? '/' : path;
}

interface Answering extends Pick<TakenLocation, 'from' | 'location'> {
  readonly answer: Directive;
}

/** It answers by itself: with a redirect, or in a way that no server is to be asked for. */
function convertAnswer(
  { from, location, answer }: Answering,
  scope: Scope,
  pools: PoolBook,
  report: Report,
): TakenLocation | null {
  const prefix = prefixOf(location);
  if (isRedirect(answer, prefix)) {
    const sent = readRedirect(answer, scope, prefix);
    const { path: _, ...routes } = answeredBy({ from, sent }, 'both', pools, report, answer);
    const isSecure = typeof sent === 'string' || isToSecure(sent.http);
    return { ...routes, location, isGuarded: isSecure && !(location.kind === 'prefix' && location.path === '/') };
  }
  const isRefusal = /^4\d\d$/.test(answer.args[0] ?? '');
  report.leave(from, `"${answer.text}": ${lacking('answers', isRefusal ? ARE_CLOSED : WHERE_THEY_GO)}`);
  return isRefusal ? { from, location, isGuarded: true, route: { pool: pools.closed(from) } } : null;
}

/** What is redirected to https is met under every reading of its path; the closed pool is so anyway. */
function guarded(routes: Pick<LocationRoute, 'route' | 'byHttp'>, path: LocationRoute['path']): typeof routes {
  const { route } = routes;
  return route.redirect === undefined || path === undefined ? routes : { ...routes, route: { ...route, guards: 'on' } };
}

const ONE_URI = 'with a variable nginx sends the path of proxy_pass alone, whatever was asked';

/** `rewrite ^/api/(.*)$ /$1 break`, where it is the only one. */
function readRewrite(from: Directive, location: Location, report: Report): Rewriting {
  const rewrites = from.children.filter(({ name }) => name === 'rewrite');
  const [rewrite] = rewrites;
  const [pattern = '', template = '', flag] = rewrite?.args ?? [];
  const found = rewrites.length === 1 && flag === 'break' ? readReplacement(pattern, template) : null;
  if (rewrite === undefined || found === null) return {};
  report.take(rewrite);
  const isElsewhere =
    !location.kind.startsWith('regex') && !mayMeet(location.path, location.kind === 'prefix', found.prefix);
  return isElsewhere ? {} : toRewriting(found);
}

function refuse(from: Directive, reason: string, report: Report): null {
  report.leave(from, reason);
  return null;
}

function reasonWithoutProxy({ children }: Directive): string {
  const other = children.find(({ name }) => /^(?:fastcgi|uwsgi|scgi|grpc|memcached)_pass$/.test(name));
  return other === undefined ? lacking('files') : `"${other.text}": ${lacking('otherProtocols')}`;
}

/** A shorter prefix with `^~` is a prefix of Fairlead, which would win over it as a regular expression. */
function isBehindFinal({ kind, path }: Location, taken: readonly TakenLocation[]): boolean {
  if (kind !== 'prefix') return false;
  return taken.some(({ location }) => {
    return location.kind === 'prefix' && location.isFinal && path.startsWith(location.path);
  });
}

/**
 * Prefixes that end the search, the longest first; regular expressions as in the file; then the other prefixes, the
 * longest first. Where Fairlead has an order of its own, this one changes nothing.
 */
function byNginxOrder(a: PlacedLocation, b: PlacedLocation): number {
  return rankOf(a) - rankOf(b) || lengthOf(b.location) - lengthOf(a.location);
}

function rankOf({ location: { kind }, isFinal }: PlacedLocation): number {
  if (kind === 'exact') return 0;
  if (kind === 'prefix') return isFinal ? 1 : 3;
  return 2;
}

function lengthOf(location: Location): number {
  return location.kind === 'prefix' ? location.path.length : 0;
}

/**
 * In nginx a regular expression wins over a prefix, in Fairlead a prefix over a regular expression. So beside
 * regular expressions a prefix becomes one too (`asPattern`), and stands behind them.
 */
function toPath({ kind, path }: Location, asPattern: boolean): LocationRoute['path'] {
  if (kind === 'exact') return path;
  if (kind === 'regex') return { regex: path };
  if (kind === 'regex-any-case') return { regex: toLowerPattern(path), ignoreCase: 'on' };
  if (path === '/') return undefined;
  if (!asPattern) return path.endsWith('/') ? `${path}*` : `${path}/*`;
  return { regex: path.endsWith('/') ? `^${escapePattern(path.slice(0, -1))}(?:/|$)` : `^${escapePattern(path)}` };
}
