/** What holds between the parts of a config: names that must exist, conditions and addresses that must differ. */
import { describeMatch, findDuplicateConditions } from '../core/routing/order.ts';
import type { Limits } from '../core/snapshot.ts';
import { didYouMean, listNames } from './closest-name.ts';
import type { Config, RouteConfig } from './config.ts';
import { Mistake, type Problem } from './errors.ts';
import type { Part, Parts } from './parts.ts';

type Listener = Config['listeners'][number];

export function checkRules(parts: Parts): readonly Problem[] {
  return [
    ...checkListeners(parts.listeners),
    ...parts.routes.flatMap((route) => [...checkPoolName(route, parts.poolNames), ...checkPrefix(route)]),
    ...checkRouteNames(parts.routes),
    ...checkConditions(parts.routes),
    ...checkEndpoints(parts.pools),
    ...checkLimits(parts.limits),
  ];
}

function checkListeners(listeners: Parts['listeners']): readonly Problem[] {
  return listeners.flatMap(({ path, value }, index) => {
    const other = listeners.slice(0, index).find((earlier) => isClash(earlier.value, value));
    if (other === undefined) return [];
    const mistake = new Mistake(
      `the listener ${JSON.stringify(other.value.id)} is at this address already`,
      'Choose another port or address.',
    );
    return [{ path: [...path, 'address'], mistake }];
  });
}

/** Port 0 takes a free one; every address includes each. */
function isClash(a: Listener, b: Listener): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return isEveryAddress(a.host) || isEveryAddress(b.host) || a.host === b.host;
}

function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

function checkPoolName({ path, value }: Part<RouteConfig>, names: readonly string[]): readonly Problem[] {
  if (names.length === 0 || names.includes(value.pool)) return [];
  const shown = names.length > 8 ? 'Add the pool, or name one that is there.' : `Use ${listNames(names)}.`;
  const mistake = new Mistake(`there is no pool ${JSON.stringify(value.pool)}`, didYouMean(value.pool, names, shown));
  return [{ path: [...path, 'pool'], mistake }];
}

/** A prefix that no path of this route can have is a slip. */
function checkPrefix({ path, value }: Part<RouteConfig>): readonly Problem[] {
  const { match, replacePrefix } = value;
  if (replacePrefix === null || match.path === null || match.path.kind === 'regex') return [];
  const [prefix, matched] = [replacePrefix.prefix, match.path.path];
  const isReached = isUnder(matched, prefix) || (match.path.kind === 'prefix' && isUnder(prefix, matched));
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
  return routes.flatMap(({ path, value }) => {
    if (!seen.has(value.id)) {
      seen.add(value.id);
      return [];
    }
    const cure = 'Give each route a name of its own; one without a name is named by its place, from 1.';
    return [
      {
        path: [...path, 'name'],
        mistake: new Mistake(`another route is named ${JSON.stringify(value.id)} already`, cure),
      },
    ];
  });
}

function checkConditions(routes: Parts['routes']): readonly Problem[] {
  const paths = new Map(routes.map((part) => [part.value, part.path]));
  return findDuplicateConditions(routes.map((part) => part.value)).map(({ first, second }) => {
    const message = `the route ${JSON.stringify(first.id)} has the same conditions (${describeMatch(first.match)})`;
    const mistake = new Mistake(message, 'This one could never be reached: change its match or take it out.');
    return { path: [...(paths.get(second) ?? []), 'match'], mistake };
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
    for (const [index, { id }] of endpoints.entries()) {
      if (seen.has(id)) {
        const mistake = new Mistake(
          `the endpoint ${id} is there twice`,
          'Take one out; "weight" gives an endpoint a larger share.',
        );
        problems.push({ path: [...at, index, 'address'], mistake });
      }
      seen.add(id);
    }
    if (endpoints.every(({ weight }) => weight === 0)) {
      problems.push({
        path: at,
        mistake: new Mistake('every endpoint has the weight 0', 'Give one a weight above 0.'),
      });
    }
    return problems;
  });
}

function checkLimits({ headBytes, targetBytes }: Limits): readonly Problem[] {
  if (targetBytes < headBytes) return [];
  return [
    {
      path: ['limits', 'target'],
      mistake: new Mistake(
        'the target is part of the head, and its limit is not below that of the head',
        'Raise limits.head or lower limits.target.',
      ),
    },
  ];
}
