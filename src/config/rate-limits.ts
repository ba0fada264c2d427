/** Which limits of rate hold for which route: its own, and those with a name. */
import type { RateLimitSpec } from '../core/limits/rate-limit.ts';
import { didYouMean, listNames } from './closest-name.ts';
import { Mistake, type Problem } from './errors.ts';
import type { Part } from './parts.ts';
import { LIKE_RATE } from './rate-limit-schema.ts';
import type { RouteRateLimit, WrittenRateLimit } from './rate-limit-schema.ts';

/** The limits that stand by themselves, by name. */
export type NamedLimits = ReadonlyMap<string, RateLimitSpec>;

export function namedLimitsOf(parts: readonly Part<WrittenRateLimit & { readonly id: string }>[]): NamedLimits {
  return new Map(parts.map(({ value }) => [value.id, { ...value, name: value.id }]));
}

/** Those of a route, if any; a name that there is not is left out. `route`: its name. */
export function limitsOfRoute(
  written: readonly RouteRateLimit[],
  route: string,
  named: NamedLimits,
): { readonly rateLimit?: readonly RateLimitSpec[] } {
  const rateLimit = written.flatMap((limit, index): readonly RateLimitSpec[] => {
    if ('shared' in limit) return [named.get(limit.shared) ?? []].flat();
    const name = nameOf(limit, index);
    return [{ ...limit, name, id: `${route} ${name}` }];
  });
  return rateLimit.length === 0 ? {} : { rateLimit };
}

function nameOf({ name }: WrittenRateLimit, index: number): string {
  return name ?? String(index + 1);
}

type LimitedRoute = Part<{ readonly rateLimit?: readonly RouteRateLimit[] }>;

/** Names that there are not, and those that are there twice. `names`: of all limits that are written by themselves. */
export function checkRateLimits(routes: readonly LimitedRoute[], names: readonly string[]): readonly Problem[] {
  return [
    ...names.filter((name) => LIKE_RATE.test(name)).map(describeRateName),
    ...routes.flatMap((route) => checkRoute(route, names)),
  ];
}

function checkRoute({ path, value: { rateLimit = [] } }: LimitedRoute, names: readonly string[]): readonly Problem[] {
  const seen = new Set<string>();
  return rateLimit.flatMap((limit, index): readonly Problem[] => {
    const at = [...path, 'rateLimit', index];
    const isShared = 'shared' in limit;
    const name = isShared ? limit.shared : nameOf(limit, index);
    if (isShared && !names.includes(name)) return [{ path: at, mistake: describeUnknown(name, names) }];
    if (!isShared && limit.name !== null && names.includes(name))
      return [{ path: [...at, 'name'], mistake: describeTaken(name) }];
    if (seen.has(name)) return [{ path: at, mistake: describeTwice(name) }];
    seen.add(name);
    return [];
  });
}

/** It could not be told from a rate. */
function describeRateName(name: string): Problem {
  const mistake = new Mistake(
    `${JSON.stringify(name)} reads as a rate, and no route could name this limit`,
    'Give it a name that begins with a letter.',
  );
  return { path: ['rateLimits', name], atKey: true, mistake };
}

function describeUnknown(name: string, names: readonly string[]): Mistake {
  const otherwise =
    names.length === 0
      ? `Write a rate such as 100/s, or rateLimits: { ${name}: 100/s } beside routes.`
      : `Use ${listNames(names)}, or a rate such as 100/s.`;
  return new Mistake(
    `there is no limit of rate named ${JSON.stringify(name)}`,
    names.length === 0 ? otherwise : didYouMean(name, names, otherwise),
  );
}

function describeTaken(name: string): Mistake {
  return new Mistake(
    `${JSON.stringify(name)} is the name of a limit in rateLimits`,
    `Write rateLimit: ${name} to share that one, or another name.`,
  );
}

function describeTwice(name: string): Mistake {
  return new Mistake(`the route has the limit ${JSON.stringify(name)} twice`, 'Take one out, or give it a name.');
}
