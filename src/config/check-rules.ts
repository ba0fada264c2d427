/** Rules between the parts of a config: names that must exist, conditions and addresses that must differ. */
import { describeMatch, findDuplicateConditions } from '../core/routing/explain-order.ts';
import { isUnixAddress } from '../core/unix-address.ts';
import { Mistake, type Problem } from './errors.ts';
import { describeNoPool } from './pool-name.ts';
import type { Part, Parts, ReadListener, ReadRoute } from './parts.ts';
import { nameOfHost, placeName } from './read-parts.ts';

export function checkRules(parts: Parts): readonly Problem[] {
  return [
    ...checkListeners(parts.listeners),
    ...parts.routes.flatMap((route) => [...checkPoolName(route, parts.poolNames), ...checkPrefix(route)]),
    ...checkRouteNames(parts.routes),
    ...checkConditions(parts.routes),
    ...checkEndpoints(parts.pools),
  ];
}

function checkListeners(listeners: Parts['listeners']): readonly Problem[] {
  return listeners.flatMap(({ path, value }, index) => {
    const other = listeners.slice(0, index).find((earlier) => isClash(earlier.value, value));
    if (other === undefined) return [];
    const mistake = new Mistake(
      `the listener ${JSON.stringify(other.value.id)} is at this address already`,
      isUnixAddress(value.host) ? 'Choose another path.' : 'Choose another port or address.',
    );
    return [{ path: [...path, 'address'], mistake }];
  });
}

/** Port 0 takes a free one; every address includes each. Ports of TCP and of UDP are different ones. */
function isClash(a: ReadListener, b: ReadListener): boolean {
  if ((a.udp === undefined) !== (b.udp === undefined)) return false;
  if (isUnixAddress(a.host)) return a.host === b.host;
  if (a.port !== b.port || a.port === 0) return false;
  return isEveryAddress(a.host) || isEveryAddress(b.host) || a.host === b.host;
}

function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/** Whether there is the pool that a part names under `pool`. */
export function checkPoolName(
  { path, value }: Part<Pick<ReadRoute, 'pool'>>,
  names: readonly string[],
): readonly Problem[] {
  if (value.pool === null || names.length === 0 || names.includes(value.pool)) return [];
  return [{ path: [...path, 'pool'], mistake: describeNoPool(value.pool, names) }];
}

/** A prefix that no path of this route can have is a mistake. */
function checkPrefix({ path, value }: Part<ReadRoute>): readonly Problem[] {
  const { matches, replacePrefix } = value;
  const pattern = matches?.[0]?.path ?? null;
  if (replacePrefix === null || pattern === null || pattern.kind === 'regex') return [];
  const [prefix, matched] = [replacePrefix.prefix, pattern.path];
  const isReached = isUnder(matched, prefix) || (pattern.kind === 'prefix' && isUnder(prefix, matched));
  if (isReached) return [];
  const key = replacePrefix.by === '' ? ['stripPrefix'] : ['replacePrefix', 'prefix'];
  const mistake = new Mistake(`no path of this route begins with ${prefix}`, `Use a prefix of ${matched}.`);
  return [{ path: [...path, ...key], mistake }];
}

function isUnder(path: string, prefix: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

function checkRouteNames(routes: Parts['routes']): readonly Problem[] {
  const seen = new Set<string>();
  return routes.flatMap(({ path, value: { id, matches } }) => {
    if (id === null) return [];
    const names = (matches ?? [null]).map((_, i) => nameOfHost(id, i));
    const taken = names.find((name) => seen.has(name));
    for (const name of names) seen.add(name);
    if (taken === undefined) return [];
    const cure = 'Give each route a name of its own; one without a name is named by its place, from 1.';
    const mistake = new Mistake(`another route is named ${JSON.stringify(taken)} already`, cure);
    return [{ path: [...path, 'name'], mistake }];
  });
}

function checkConditions(routes: Parts['routes']): readonly Problem[] {
  const routable = routes.flatMap(({ path, value: { id, matches } }) =>
    (matches ?? []).map((match) => ({ id: id ?? placeName(path), match, path })),
  );
  return findDuplicateConditions(routable).map(({ first, second }) => {
    const message =
      first.path === second.path
        ? `the host ${String(second.match.host)} is there twice`
        : `the route ${JSON.stringify(first.id)} has the same conditions (${describeMatch(first.match)})`;
    const mistake = new Mistake(message, 'This one could never be reached: change its match or take it out.');
    return { path: [...second.path, 'match'], mistake };
  });
}

function checkEndpoints(pools: Parts['pools']): readonly Problem[] {
  return pools.flatMap(({ path, value: { endpoints } }) => {
    const at = [...path, 'endpoints'];
    if (endpoints.length === 0) {
      return [{ path: at, mistake: new Mistake('the pool has no endpoint', 'Add one, e.g. [localhost:8081].') }];
    }
    const problems: Problem[] = [];
    const seen = new Set<string>();
    for (const [index, endpoint] of endpoints.entries()) {
      if (endpoint === null) continue;
      const { id } = endpoint;
      if (seen.has(id)) {
        const mistake = new Mistake(
          `the endpoint ${id} is there twice`,
          'Take one out; "weight" gives an endpoint a larger share.',
        );
        problems.push({ path: [...at, index, 'address'], mistake });
      }
      seen.add(id);
    }
    if (endpoints.every((endpoint) => endpoint?.weight === 0)) {
      problems.push({
        path: at,
        mistake: new Mistake('every endpoint has the weight 0', 'Give one a weight above 0.'),
      });
    }
    return problems;
  });
}
