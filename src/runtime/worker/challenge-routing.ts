/**
 * HTTP-01 (RFC 8555 8.3): an authority that looks whether a name leads here is answered before any route is asked, and
 * by every listener that takes HTTP. Only paths with a token that is expected now are answered; others go their way.
 */
import type { RoutedRequest } from '../../core/routing/routed-request.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import type { ExchangeLog } from '../../http/exchange-log.ts';
import type { Route, Routing } from '../../http/routing.ts';
import { compileSteps } from '../../http/steps/route-steps.ts';
import type { RouteSteps } from '../../http/steps/route-steps.ts';
import type { Decision, RequestView, Step } from '../../http/steps/step.ts';
import { NO_POOL } from './routing.ts';

const PREFIX = '/.well-known/acme-challenge/';
const LINES = 'Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n';
/** Its row in the route table is that of requests that meet no route. */
const NO_SLOT = 0;

/** `routing` itself where nothing is expected. */
export function answerChallenges(
  routing: Routing,
  tokens: ReadonlyMap<string, string>,
  log: ExchangeLog | null,
): Routing {
  const { snapshot, misdirection, looksAtScheme } = routing;
  if (tokens.size === 0 || snapshot.routes.length === 0) return routing;
  const [any] = snapshot.routes;
  const routes = new Map<string, Route>();
  for (const [token, answer] of tokens) {
    routes.set(token, new ChallengeRoute(any, new ChallengeAnswer(answer), log));
  }
  return {
    snapshot,
    misdirection,
    looksAtScheme,
    match: (request) => findAnswer(request, routes) ?? routing.match(request),
  };
}

function findAnswer({ path, method }: RoutedRequest, routes: ReadonlyMap<string, Route>): Route | null {
  if (!path.startsWith(PREFIX) || (method !== 'GET' && method !== 'HEAD')) return null;
  return routes.get(path.slice(PREFIX.length)) ?? null;
}

class ChallengeAnswer implements Step {
  readonly name = 'acme-challenge';
  readonly #body: Buffer;

  constructor(answer: string) {
    this.#body = Buffer.from(answer);
  }

  onRequest(view: RequestView): Decision {
    return view.answer({ status: 200, reason: 'OK', lines: LINES, body: this.#body });
  }
}

/** Leads nowhere: its step has answered before a pool is asked. */
class ChallengeRoute implements Route {
  readonly id = '';
  readonly match: RouteSpec['match'];
  readonly spec: RouteSpec;
  readonly pool = NO_POOL;
  readonly retriedStatuses = null;
  readonly hedge = null;
  readonly policy = 0;
  readonly key = null;
  readonly steps: RouteSteps | null;
  readonly http1Heads = {};
  readonly log: ExchangeLog | null;

  /** `any`: where times and the like are taken from. */
  constructor(any: RouteSpec, step: Step, log: ExchangeLog | null) {
    const ofNoRoute = { id: '', slot: NO_SLOT, pool: '', upgrades: [], deadlineHeader: '' };
    this.spec = { ...any, ...ofNoRoute, policy: null, replacePrefix: null, hedge: null };
    this.match = any.match;
    this.steps = compileSteps([step]);
    this.log = log;
  }
}
