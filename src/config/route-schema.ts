/** A route: its match, its pool or redirect, and what it does to a request. */
import { QUEUE_CLASSES } from '../core/resilience/queue-class.ts';
import type { QueueClass } from '../core/resilience/queue-class.ts';
import type { HedgeSpec, RedirectSpec, RetrySpec, Timeouts } from '../core/snapshot.ts';
import { type WrittenRouteLog, routeLogSchema } from './access-log-schema.ts';
import { accessKeys, accessOf } from './access-schema.ts';
import { corsSchema } from './cors-schema.ts';
import type { RouteConfig } from './config.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { type WrittenMatch, matchSchema, parsePath } from './match-schema.ts';
import { plainName } from './plain-name.ts';
import { policySchema } from './policy-schema.ts';
import { poolName } from './pool-name.ts';
import { TOKEN, listOf, object, oneOf, orOff, scalar, sizeOrOff, toggle, withRule } from './scalars.ts';
import { hedgeSchema } from './hedge-schema.ts';
import { leadsToHttps, redirectSchema } from './redirect-schema.ts';
import { concurrencySchema } from './concurrency-schema.ts';
import type { WrittenConcurrency } from './concurrency-schema.ts';
import { routeRateLimits } from './rate-limit-schema.ts';
import type { RouteRateLimit } from './rate-limit-schema.ts';
import { routeRetrySchema } from './retry-schema.ts';
import { rewritingKeys, toRewriting } from './rewriting-schema.ts';
import { middlewareSchema } from './middleware-schema.ts';
import { exchangeTimeoutsSchema } from './timeouts-schema.ts';
import { describeValue } from './units.ts';

/** A route before its name and the timeouts of the whole config are filled in. */
export interface WrittenRoute extends Omit<
  RouteConfig,
  'accessLog' | 'concurrency' | 'guards' | 'hedge' | 'id' | 'match' | 'rateLimit' | 'retry' | 'timeouts'
> {
  readonly name: string | null;
  readonly match: WrittenMatch;
  readonly timeouts: Partial<Timeouts>;
  readonly retry: Partial<RetrySpec>;
  /** Undefined: its pool's. */
  readonly hedge: HedgeSpec | null | undefined;
  readonly rateLimit?: readonly RouteRateLimit[];
  readonly concurrency: readonly WrittenConcurrency[];
  readonly accessLog: WrittenRouteLog;
  /** Null: what else it says decides. */
  readonly guards: boolean | null;
}

/** A path to cut or to put in place, without a final slash, or `/`. */
const pathPrefix = scalar(
  (value) => {
    const path = parsePath(value);
    if (path instanceof Mistake) return path;
    if (path.includes('*'))
      return new Mistake('a prefix is written without *', `Write ${path.replace(/\/\*$/, '') || '/'}.`);
    if (path.startsWith('//')) return new Mistake('a prefix does not begin with two slashes', 'Write one.');
    return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  },
  { type: 'string', pattern: '^/(?!/)[^*?#]*$', words: 'path' },
);

const upgrade = scalar(
  (value) => {
    const cure = 'Write the name of a protocol, e.g. websocket.';
    if (typeof value !== 'string' || !/^[^/]+(?:\/[^/]+)?$/.test(value) || !TOKEN.test(value.replace('/', ''))) {
      return new Mistake(`${describeValue(value)} is not a protocol`, cure);
    }
    const name = value.toLowerCase();
    return name === 'h2c' ? new Mistake('an upgrade to h2c is never passed on', 'Take it out.') : name;
  },
  { type: 'string', pattern: '^[^/\\s]+(?:/[^/\\s]+)?$' },
);

const replacement = object(
  {
    prefix: key(pathPrefix, { description: 'The prefix to take off.', example: '/v1' }),
    by: key(pathPrefix, { description: 'What stands there instead.', example: '/internal/v2' }),
  },
  'ReplacePrefix',
);

/** They frame a message, or say whose it is. */
const MESSAGE_HEADERS: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'host']);

const headerName = scalar(
  (value) =>
    typeof value === 'string' && TOKEN.test(value) && !MESSAGE_HEADERS.has(value.toLowerCase())
      ? value.toLowerCase()
      : new Mistake(`${describeValue(value)} is not the name of a header`, 'Write a name such as X-Request-Timeout.'),
  { type: 'string', pattern: TOKEN.source, words: 'name' },
);

const deadlineMap = object(
  { header: key(headerName, { description: 'The name of the header.', example: 'X-Request-Timeout' }) },
  'Deadline',
).transform(({ header }) => header);

export const routeKeys = note(
  object(
    {
      name: key(plainName.optional(), {
        description: 'Identity of the route in logs and over reloads. Two routes cannot share a name.',
        example: 'api',
        byDefault: 'its place, from `1`',
      }),
      match: key(matchSchema.prefault({}), {
        description: 'Conditions, all of which must hold.',
        example: { path: '/v1/*' },
        byDefault: 'every request',
      }),
      pool: key(poolName.optional(), {
        description: 'Where its requests go.',
        example: 'web',
        byDefault: 'required, unless there is `redirect`',
      }),
      redirect: key(redirectSchema.optional(), {
        description:
          'Answers its requests with a redirect in place of a pool. `https`: to the same by https; such a route takes only requests that did not come by https.',
        example: 'https',
        byDefault: 'none',
      }),
      ...accessKeys,
      policy: key(policySchema.optional(), {
        description: 'How an endpoint is chosen for its requests, in place of the policy of its pool.',
        example: { hash: 'header.x-user' },
        byDefault: 'that of its pool',
        sameAs: 'pools.*.policy',
      }),
      stripPrefix: key(pathPrefix.optional(), {
        description:
          'Takes a prefix off the path on its way to the endpoint: with `/v1`, `/v1/x?a` becomes `/x?a`. Paths not under it stay.',
        example: '/v1',
        byDefault: 'none',
      }),
      replacePrefix: key(replacement.optional(), {
        description: 'Puts another prefix in its place. Not together with `stripPrefix`.',
        example: { prefix: '/v1', by: '/v2' },
        byDefault: 'none',
      }),
      ...rewritingKeys,
      timeouts: key(exchangeTimeoutsSchema.prefault({}), {
        description: 'Timeouts for this route. They win over those of its pool, which win over those of the config.',
        example: { responseHead: '5m' },
        byDefault: 'those of its pool',
      }),
      retry: key(routeRetrySchema.prefault({}), {
        description: 'Further attempts on this route, where they differ from those of its pool.',
        example: { attempts: 2 },
        byDefault: "the pool's",
      }),
      hedge: key(hedgeSchema.optional(), {
        description: 'As `pools.*.hedge`, for this route.',
        example: { delay: '50ms' },
        byDefault: "the pool's",
        sameAs: 'pools.*.hedge',
      }),
      queueClass: key(oneOf(QUEUE_CLASSES).prefault('normal'), {
        description:
          'Which requests go first where requests wait for a place (`maxRequests`): `high` before `normal` before `low`.',
        example: 'high',
      }),
      deadline: key(orOff(deadlineMap, '').prefault('off'), {
        description:
          'A header in which clients give the time for their request: seconds, or a number with `ms` or `s`. `grpc-timeout` is always read.',
        example: { header: 'X-Request-Timeout' },
      }),
      upgrades: key(listOf(upgrade, 'list of protocols').prefault(['websocket']), {
        description: 'Upgrades that pass, where the request asks for one; `[]` for none.',
        example: ['websocket', 'mqtt'],
      }),
      cors: key(corsSchema.optional(), {
        description:
          "Which pages of other origins may read its answers; preflights are answered by Fairlead. In place of what the servers say of that. `off`: the servers' business.",
        example: { origins: ['https://app.example'], credentials: 'on' },
        byDefault: '`off`',
      }),
      maxBody: key(sizeOrOff.prefault('off'), {
        description: 'Largest request body. Beyond it, 413 `payload-too-large`.',
        example: '10MiB',
      }),
      rateLimit: key(routeRateLimits.optional(), {
        description:
          'How often requests may come: a rate, the name of a limit in `rateLimits`, a map, or several of them. Beyond it, 429 `rate-limited`.',
        example: '100/s',
        byDefault: 'none',
      }),
      concurrency: key(concurrencySchema.optional(), {
        description:
          'How many requests of a client may be under way at the same time, or of anything else that requests have in common: a number, a map, or several of them. Beyond it, 429 `concurrency-limited`.',
        example: 20,
        byDefault: 'none',
      }),
      middleware: key(middlewareSchema.optional(), {
        description:
          'Steps of your own in TypeScript or JavaScript, in their order; answers pass them in reverse. A path alone is short for `{ module: … }`.',
        example: './tenant.ts',
        byDefault: 'none',
      }),
      longPoll: key(toggle.prefault('off'), {
        description:
          'Its answers may take as long as they like: waiting for them never counts as silence of an endpoint (`ejection.silence`).',
        example: 'on',
      }),
      guards: key(toggle.optional(), {
        description:
          'Whether the route keeps something out or holds it back. It is then taken also for a path that a server may read as one of its own: `//admin` and `/admin%2Fx` for `/admin/*`.',
        example: 'on',
        byDefault:
          '`on` with `allow`, `deny` or a `cors` that refuses, or where another route has a larger `maxBody` or other limits',
      }),
      accessLog: key(routeLogSchema.prefault('on'), {
        description: 'Which of its exchanges get a line, where there is an access log; `off`: none.',
        example: { level: 'warn' },
      }),
    },
    'Route',
  ),
  { oneRequired: ['pool', 'redirect'] },
);

const withOnePrefix = withRule(routeKeys, {
  isKept: ({ stripPrefix, replacePrefix }) => stripPrefix === undefined || replacePrefix === undefined,
  message: 'stripPrefix and replacePrefix exclude each other',
  cure: 'Keep one of the two.',
  path: ['stripPrefix'],
});

const withOnePath = withRule(withOnePrefix, {
  isKept: ({ path, stripPrefix, replacePrefix }) =>
    path === undefined || (stripPrefix === undefined && replacePrefix === undefined),
  message: 'path says the whole path, and leaves no prefix to change',
  cure: 'Keep one of the two.',
  path: ['path'],
});

/** Who means a condition would send every request to one path. */
const withPlace = withRule(withOnePath, {
  isKept: ({ path, match }) => typeof path !== 'string' || path.includes('{') || (match?.path ?? null) !== null,
  message: 'path is what endpoints get, and this would be the same for every request',
  cure: 'For a condition, write match: { path: … }; else put a variable such as {path} in it.',
  path: ['path'],
});

const withTarget = withRule(withPlace, {
  isKept: ({ pool, redirect }) => pool !== undefined || redirect !== undefined,
  message: 'the key is missing',
  cure: 'Add it, e.g. pool: web.',
  path: ['pool'],
});

export const routeSchema = withRule(withTarget, {
  isKept: ({ match, redirect }) => match?.scheme !== 'https' || !leadsToHttps(redirect),
  message: 'what came by https would be sent to itself',
  cure: 'Take it out: redirect: https is for requests that did not come by https.',
  path: ['match', 'scheme'],
}).transform((written): WrittenRoute => {
  const { name, match, stripPrefix, replacePrefix, timeouts, retry, upgrades, accessLog, redirect } = written;
  const { rateLimit } = written;
  const replace = toReplacement(stripPrefix, replacePrefix);
  const guards = written.guards ?? null;
  const access = accessOf(written.allow, written.deny);
  return {
    name: name ?? null,
    match: matchOf(match, redirect),
    pool: redirect === undefined ? (written.pool ?? '') : '',
    ...(redirect === undefined ? {} : { redirect }),
    ...(access === undefined ? {} : { access }),
    ...(written.cors === undefined ? {} : { cors: written.cors }),
    ...(written.middleware === undefined || written.middleware.length === 0 ? {} : { middleware: written.middleware }),
    policy: written.policy ?? null,
    replacePrefix: replace,
    ...toRewriting(written),
    timeouts,
    retry,
    hedge: written.hedge,
    queueClass: QUEUE_CLASSES.indexOf(written.queueClass) as QueueClass,
    deadlineHeader: written.deadline,
    upgrades,
    // What `defaults` says of bodies is for servers.
    maxBody: redirect === undefined ? written.maxBody : 0,
    ...(rateLimit === undefined || rateLimit.length === 0 ? {} : { rateLimit }),
    concurrency: written.concurrency ?? [],
    longPoll: written.longPoll,
    accessLog,
    guards,
  };
});

/** The conditions of a route, with the one that a redirect to https brings. */
export function matchOf(match: WrittenMatch, redirect: RedirectSpec | undefined): WrittenMatch {
  return leadsToHttps(redirect) ? { ...match, scheme: 'http' } : match;
}

type Replacement = RouteConfig['replacePrefix'];

export function toReplacement(strip: string | undefined, replace: NonNullable<Replacement> | undefined): Replacement {
  return strip === undefined ? (replace ?? null) : { prefix: strip, by: '' };
}
