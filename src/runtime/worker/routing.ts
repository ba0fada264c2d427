/** Compiles a snapshot's routes: each with its pool and its steps at hand. */
import type { AccessSpec } from '../../core/lists/access-spec.ts';
import { PUBLIC_SEED } from '../../core/keys/half-sip-hash.ts';
import { KeySource } from '../../core/keys/key-source.ts';
import { HedgeDelay } from '../../core/resilience/hedge-delay.ts';
import { compileRoutes } from '../../core/routing/router.ts';
import type { PolicySpec, RedirectSpec, RouteMatch, RouteSpec, Snapshot } from '../../core/snapshot.ts';
import type { ExchangeLog } from '../../http/exchange-log.ts';
import type { Misdirection, Route, Routing } from '../../http/routing.ts';
import type { RouteSteps } from '../../http/steps/route-steps.ts';
import type { HttpPool } from '../../http/stream.ts';

/** Of a route whose steps answer: all that is looked at before they do. */
export const NO_POOL = {
  spec: { host: 'client', policy: '' },
  sticky: null,
  policyOf: () => 0,
} as unknown as HttpPool;

class CompiledRoute implements Route {
  readonly id: string;
  readonly match: RouteMatch;
  readonly guards: boolean;
  readonly limitsOnly: boolean;
  readonly maxBody: number;
  readonly spec: RouteSpec;
  readonly pool: HttpPool;
  readonly redirect: RedirectSpec | undefined;
  readonly access: AccessSpec | undefined;
  readonly rateLimit: RouteSpec['rateLimit'];
  readonly concurrency: RouteSpec['concurrency'];
  readonly retriedStatuses: ReadonlySet<number> | null;
  readonly hedge: HedgeDelay | null;
  readonly policy: number;
  readonly key: KeySource | null;
  readonly steps: RouteSteps | null;
  readonly http1Heads: object;
  readonly log: ExchangeLog | null;

  constructor(spec: RouteSpec, pool: HttpPool, steps: RouteSteps | null, shared: object, log: ExchangeLog | null) {
    this.id = spec.id;
    this.match = spec.match;
    this.guards = spec.guards;
    this.limitsOnly = spec.limitsOnly === true;
    this.maxBody = spec.maxBody;
    this.spec = spec;
    this.pool = pool;
    this.redirect = spec.redirect;
    this.access = spec.access;
    this.rateLimit = spec.rateLimit;
    this.concurrency = spec.concurrency;
    this.retriedStatuses = spec.retry.statuses.length === 0 ? null : new Set(spec.retry.statuses);
    this.hedge = spec.hedge === null ? null : new HedgeDelay(spec.hedge, spec.slot);
    this.policy = pool.policyOf(spec.policy);
    this.key = keySourceOf(spec.policy ?? pool.spec.policy);
    this.steps = steps;
    this.http1Heads = (steps?.onResponse ?? null) === null ? shared : {};
    this.log = log;
  }
}

/** Null where nobody looks at keys. */
export function keySourceOf(policy: PolicySpec): KeySource | null {
  return typeof policy === 'string' ? null : new KeySource(policy.hash.key, PUBLIC_SEED);
}

/** Where routes find their pools. */
export interface Pools {
  get(id: string): HttpPool;
}

/** `misdirection` null: every host is served on every connection. */
export function createRouting(
  snapshot: Snapshot,
  pools: Pools,
  logOf: (spec: RouteSpec) => ExchangeLog | null,
  misdirection: Misdirection | null,
  stepsOf: (spec: RouteSpec) => RouteSteps | null,
): Routing {
  const shared = {};
  const routes = snapshot.routes.map((spec) => {
    const pool = spec.redirect === undefined ? pools.get(spec.pool) : NO_POOL;
    return new CompiledRoute(spec, pool, stepsOf(spec), shared, logOf(spec));
  });
  const router = compileRoutes(routes);
  const { looksAtScheme } = router;
  return { snapshot, misdirection, looksAtScheme, match: (request) => router.match(request) };
}
