/** Compiles a snapshot's routes into a plan: each with its pool and its taps at hand. */
import { compileRoutes } from '../../core/routing/router.ts';
import type { RouteMatch, RouteSpec, Snapshot } from '../../core/snapshot.ts';
import type { ExchangeLog } from '../../http/exchange-log.ts';
import type { Plan, RoutePlan } from '../../http/plan.ts';
import type { HttpPool } from '../../http/stream.ts';
import { NO_TAPS } from '../../http/taps.ts';
import type { RouteTaps } from '../../http/taps.ts';

class CompiledRoute implements RoutePlan {
  readonly id: string;
  readonly match: RouteMatch;
  readonly guards: boolean;
  readonly spec: RouteSpec;
  readonly pool: HttpPool;
  readonly taps: RouteTaps;
  readonly log: ExchangeLog | null;

  constructor(spec: RouteSpec, pool: HttpPool, taps: RouteTaps, log: ExchangeLog | null) {
    this.id = spec.id;
    this.match = spec.match;
    this.guards = spec.guards;
    this.spec = spec;
    this.pool = pool;
    this.taps = taps;
    this.log = log;
  }
}

/** Where a plan finds its pools. */
export interface Pools {
  get(id: string): HttpPool;
}

export function createPlan(snapshot: Snapshot, pools: Pools, logOf: (spec: RouteSpec) => ExchangeLog | null): Plan {
  const routes = snapshot.routes.map((spec) => new CompiledRoute(spec, pools.get(spec.pool), NO_TAPS, logOf(spec)));
  const router = compileRoutes(routes);
  return { snapshot, match: (request) => router.match(request) };
}
