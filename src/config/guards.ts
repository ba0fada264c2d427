/** Which routes guard if the config does not say so. */
import { hasSameLimits } from '../core/limits/rate-limit.ts';
import type { Limited } from '../core/limits/rate-limit.ts';
import type { CorsSpec } from '../core/snapshot.ts';

interface Guarding extends Limited {
  readonly guards: boolean;
  /** It guards only because of `maxBody` or `rateLimit`. */
  readonly limitsOnly?: boolean;
  /** Bytes, 0: no limit. */
  readonly maxBody: number;
  /** It takes no body at all. */
  readonly redirect?: unknown;
  /** It refuses clients. */
  readonly access?: unknown;
  readonly cors?: CorsSpec | undefined;
}

/** Whether the config says that the route guards; null: it does not say. */
export type Unsettled<R extends Guarding> = Omit<R, 'guards'> & { readonly guards: boolean | null };

/**
 * The routes, each with whether it guards: one that refuses clients does. `maxBody` guards where another route takes more,
 * and `rateLimit` and `concurrency` where another one has other limits: with the same for all there is nothing to be had by another
 * spelling, and paths with escaped slashes stay where they are.
 */
export function settleGuards<R extends Guarding>(routes: readonly Unsettled<R>[]): readonly R[] {
  const most = routes.reduce((largest, route) => Math.max(largest, takenBytes(route)), 0);
  return routes.map((route) => {
    const refuses = route.access !== undefined || refusesOrigins(route.cors);
    const limitsBodies = route.redirect === undefined && takenBytes(route) < most;
    const limitsOnly = route.guards === null && !refuses && (limitsBodies || limitsRequests(route, routes));
    return (limitsOnly ? { ...route, guards: true, limitsOnly } : { ...route, guards: route.guards ?? refuses }) as R;
  });
}

function limitsRequests(route: Limited, routes: readonly Limited[]): boolean {
  if (route.rateLimit === undefined && route.concurrency === undefined) return false;
  return routes.some((other) => !hasSameLimits(route, other));
}

/** A page that is kept out must not come in by another spelling of a path. */
function refusesOrigins(cors: CorsSpec | undefined): boolean {
  return cors !== undefined && (cors.refuse || cors.upgrades === 'check');
}

function takenBytes({ maxBody, redirect }: Pick<Guarding, 'maxBody' | 'redirect'>): number {
  if (redirect !== undefined) return 0;
  return maxBody === 0 ? Infinity : maxBody;
}
