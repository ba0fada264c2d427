/**
 * The order in which routes are tried: host exact, longest wildcard, none; then path exact, longest prefix,
 * regular expressions in file order, none; then more of method, header, query and cookie conditions; then
 * file order. Routes of one regular expression stand together, where the first of them stands in the file.
 */
import type { PathMatch, RouteMatch, ValueMatch } from '../snapshot.ts';
import { countConditions } from './conditions.ts';
import type { Routable } from './routed-request.ts';

const PATH_RANK = { exact: 0, prefix: 1, regex: 2 } as const;

interface Place<R> {
  readonly route: R;
  readonly index: number;
  readonly hostRank: number;
  readonly hostLength: number;
  /** Where the first route of this host stands in the file: keeps a host's routes together. */
  readonly hostIndex: number;
  readonly pathRank: number;
  readonly prefixLength: number;
  readonly pathIndex: number;
  readonly conditions: number;
}

/** All routes in the order they are tried in. */
export function orderRoutes<R extends Routable>(routes: readonly R[]): readonly R[] {
  const firstOf = new Map<string, number>();
  const indexOf = (key: string, index: number): number => {
    const first = firstOf.get(key);
    if (first !== undefined) return first;
    firstOf.set(key, index);
    return index;
  };
  const places = routes.map((route, index): Place<R> => {
    const { host, path } = route.match;
    return {
      route,
      index,
      hostRank: host === null ? 2 : host.startsWith('*.') ? 1 : 0,
      hostLength: host?.startsWith('*.') ? host.length : 0,
      hostIndex: indexOf(`host ${host ?? ''}`, index),
      pathRank: path === null ? 3 : PATH_RANK[path.kind],
      prefixLength: path?.kind === 'prefix' ? path.path.length : 0,
      pathIndex: indexOf(`path ${host ?? ''} ${describePath(path)}`, index),
      conditions: countConditions(route.match),
    };
  });
  return places.sort(comparePlaces).map((place) => place.route);
}

function comparePlaces(a: Place<unknown>, b: Place<unknown>): number {
  return (
    a.hostRank - b.hostRank ||
    b.hostLength - a.hostLength ||
    a.hostIndex - b.hostIndex ||
    a.pathRank - b.pathRank ||
    b.prefixLength - a.prefixLength ||
    a.pathIndex - b.pathIndex ||
    b.conditions - a.conditions ||
    a.index - b.index
  );
}

export interface RouteLine<R> {
  readonly route: R;
  /** The match in words, e.g. `host api.example.com, path /v1/*`. */
  readonly text: string;
}

/** One line a route, in the order they are tried in, for `fairlead check`. */
export function explainOrder<R extends Routable>(routes: readonly R[]): readonly RouteLine<R>[] {
  return orderRoutes(routes).map((route) => ({ route, text: describeMatch(route.match) }));
}

/** A match in words. */
export function describeMatch(match: RouteMatch): string {
  const parts: string[] = [];
  if (match.host !== null) parts.push(`host ${match.host}`);
  if (match.path !== null) parts.push(`path ${describePath(match.path)}`);
  if (match.methods.length > 0) parts.push(`method ${match.methods.join(' or ')}`);
  for (const condition of match.headers) parts.push(`header ${describeValue(condition)}`);
  for (const condition of match.query) parts.push(`query ${describeValue(condition)}`);
  for (const condition of match.cookies) parts.push(`cookie ${describeValue(condition)}`);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

/** A path condition as the config writes it. */
function describePath(path: PathMatch | null): string {
  if (path === null) return '';
  if (path.kind === 'exact') return path.path;
  if (path.kind === 'prefix') return path.path === '/' ? '/*' : `${path.path}/*`;
  return `regex ${path.source}${path.ignoreCase ? ' (any case)' : ''}`;
}

function describeValue({ name, value }: ValueMatch): string {
  return value === null ? name : `${name}=${value}`;
}

export interface DuplicateRoutes<R> {
  /** The earlier one in the file. */
  readonly first: R;
  /** Has the same conditions, so that it could never be reached. */
  readonly second: R;
}

/** Routes with the same conditions as an earlier one. */
export function findDuplicateConditions<R extends Routable>(routes: readonly R[]): readonly DuplicateRoutes<R>[] {
  const seen = new Map<string, R>();
  const duplicates: DuplicateRoutes<R>[] = [];
  for (const route of routes) {
    const key = keyOf(route.match);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, route);
    else duplicates.push({ first, second: route });
  }
  return duplicates;
}

function keyOf(match: RouteMatch): string {
  return JSON.stringify([
    match.host,
    match.path === null ? null : Object.entries(match.path).sort(),
    [...new Set(match.methods)].sort(),
    keysOf(match.headers),
    keysOf(match.query),
    keysOf(match.cookies),
  ]);
}

function keysOf(conditions: readonly ValueMatch[]): readonly string[] {
  return [...new Set(conditions.map(({ name, value }) => JSON.stringify([name, value])))].sort();
}
