/**
 * The order in which routes are tried: those for one scheme; then host exact, longest wildcard, none; then path exact,
 * longest prefix, regular expressions in file order, none; then more of method, header, query and cookie conditions;
 * then file order. Routes of one regular expression stand together, where the first of them stands in the file.
 */
import type { PathMatch } from '../snapshot.ts';
import { countConditions } from './conditions.ts';
import type { Routable } from './routed-request.ts';

const SCHEME_RANK = { http: 0, https: 1, '': 2 } as const;
const PATH_RANK = { exact: 0, prefix: 1, regex: 2 } as const;

interface Place<R> {
  readonly route: R;
  readonly index: number;
  readonly schemeRank: number;
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
    const { scheme = '', host, path } = route.match;
    return {
      route,
      index,
      schemeRank: SCHEME_RANK[scheme],
      hostRank: host === null ? 2 : host.startsWith('*.') ? 1 : 0,
      hostLength: host?.startsWith('*.') ? host.length : 0,
      hostIndex: indexOf(`host ${scheme} ${host ?? ''}`, index),
      pathRank: path === null ? 3 : PATH_RANK[path.kind],
      prefixLength: path?.kind === 'prefix' ? path.path.length : 0,
      pathIndex: indexOf(`path ${scheme} ${host ?? ''} ${describePath(path)}`, index),
      conditions: countConditions(route.match),
    };
  });
  return places.sort(comparePlaces).map((place) => place.route);
}

function comparePlaces(a: Place<unknown>, b: Place<unknown>): number {
  return (
    a.schemeRank - b.schemeRank ||
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

/** A path condition as the config writes it. */
export function describePath(path: PathMatch | null): string {
  if (path === null) return '';
  if (path.kind === 'exact') return path.path;
  if (path.kind === 'prefix') return path.path === '/' ? '/*' : `${path.path}/*`;
  return `regex ${path.source}${path.ignoreCase ? ' (any case)' : ''}`;
}
