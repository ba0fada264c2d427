/** Routes in words, in the order in which they are tried, and those that could never be reached. */
import type { RouteMatch, ValueMatch } from '../snapshot.ts';
import { describePath, orderRoutes } from './order.ts';
import type { Routable } from './routed-request.ts';

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
  if (match.scheme !== undefined) parts.push(match.scheme);
  if (match.host !== null) parts.push(`host ${match.host}`);
  if (match.path !== null) parts.push(`path ${describePath(match.path)}`);
  if (match.methods.length > 0) parts.push(`method ${match.methods.join(' or ')}`);
  for (const condition of match.headers) parts.push(`header ${describeValue(condition)}`);
  for (const condition of match.query) parts.push(`query ${describeValue(condition)}`);
  for (const condition of match.cookies) parts.push(`cookie ${describeValue(condition)}`);
  return parts.length === 0 ? 'everything' : parts.join(', ');
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
    match.scheme,
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
