/**
 * A value read from a file or the command line into a config: every part is validated by itself, so that one
 * mistake does not hide another, and what passed is checked as a whole.
 */
import type { Settings } from '../core/settings.ts';
import type { ListenerSpec, TcpSpec } from '../core/snapshot.ts';
import { routeLogOf } from './access-log-schema.ts';
import { checkListNames } from './access-schema.ts';
import { checkAcme } from './check-acme.ts';
import { checkLayer4, passedTo, speaksHttp } from './check-layer4.ts';
import { checkRules } from './check-rules.ts';
import { configSchema } from './config-schema.ts';
import type { Config, PoolConfig, RouteConfig } from './config.ts';
import { defaultsSchema } from './defaults-schema.ts';
import { explainDepths } from './depth-slips.ts';
import { describeRoot } from './document.ts';
import { Mistake, type Problem } from './errors.ts';
import { type Unsettled, settleGuards } from './guards.ts';
import type { WrittenTcp } from './layer4-schema.ts';
import { Defaults } from './merge-defaults.ts';
import { describeMissingPools } from './missing-pools.ts';
import { PartReader, describeEmpty } from './part-reader.ts';
import { matchesOf } from './match-schema.ts';
import type { Part, ReadRoute } from './parts.ts';
import { checkRedirects } from './redirect-schema.ts';
import { concurrencyOf } from './concurrency-schema.ts';
import { checkRateLimits, limitsOfRoute, namedLimitsOf } from './rate-limits.ts';
import type { NamedLimits } from './rate-limits.ts';
import { rateLimitSchema } from './rate-limit-schema.ts';
import { nameOfHost, placeName, readListener, readPool, readRoute } from './read-parts.ts';
import { type WrittenPool, poolSchema } from './pool-schema.ts';
import { retryOf } from './retry-schema.ts';
import { checkGroups } from './rewriting-schema.ts';
import { type WrittenRoute, routeSchema } from './route-schema.ts';
import { type WrittenListener, listenerSchema } from './section-schemas.ts';
import { settingsShape } from './settings-schema.ts';
import { type WrittenMap, isWrittenMap } from './written.ts';

type ConfigReader = PartReader<(typeof configSchema)['shape']>;

export function buildConfig(value: unknown): Config | readonly Problem[] {
  if (!isWrittenMap(value)) return [{ path: [], mistake: describeRoot(value) }];
  const reader = new PartReader(configSchema, value);
  reader.checkKeys();
  refuseInclude(reader);
  const defaults = new Defaults(reader.map('defaults', defaultsSchema));

  const settings: Settings<'auto'> = reader.sections(settingsShape);
  const listeners = reader.named('listeners', listenerSchema);
  const pools = readPools(reader, value, defaults);
  const poolNames = isWrittenMap(value['pools']) ? Object.keys(value['pools']) : [];
  const poolsById = new Map(pools.map(({ value: pool }) => [pool.id, pool]));
  const written = isWrittenMap(value['listeners']) ? value['listeners'] : {};
  const routes = readRoutes(reader, { poolNames, written, listeners }, defaults);
  const named = namedLimitsOf(reader.has('rateLimits') ? reader.named('rateLimits', rateLimitSchema) : []);
  const config: Config = {
    threads: reader.section('threads'),
    listeners: listeners.map((part) => toListenerConfig(part.value, settings, poolsById)),
    routes: settleGuards(
      routes.flatMap((part) => toRouteConfigs(part, settings, poolsById.get(part.value.pool), named)),
    ),
    pools: pools.map((part) => toPoolConfig(part.value)),
    ...(named.size === 0 ? {} : { rateLimits: [...named.values()] }),
    settings,
  };
  reader.add(
    checkRules({
      listeners: [...listeners, ...reader.faulty('listeners').flatMap(readListener)],
      routes: inOrder([...routes.map(toReadRoute), ...reader.faulty('routes').map(readRoute)]),
      pools: [...pools, ...reader.faulty('pools').flatMap(readPool)],
      poolNames,
    }),
  );
  reader.add(checkRedirects(value['routes']));
  const listNames = isWrittenMap(value['lists']) ? Object.keys(value['lists']) : [];
  reader.add(routes.flatMap(({ path, value: { access } }) => checkListNames(path, access, listNames)));
  reader.add(checkRateLimits(routes, isWrittenMap(value['rateLimits']) ? Object.keys(value['rateLimits']) : []));
  reader.add(checkGroups(value['routes']));
  const routed = new Set(routes.map((part) => part.value.pool));
  reader.add(checkLayer4({ written, listeners, pools: poolsById, poolNames, routed }));
  reader.add(checkAcme(listeners, settings, reader.has('acme')));
  return reader.problems.length > 0 ? explainDepths(value, reader.problems) : deepFreeze(config);
}

/** The reader of files removes the key when it has read those that it names. */
function refuseInclude(reader: ConfigReader): void {
  if (!reader.has('include')) return;
  const mistake = new Mistake('files are included only into a config that is a file', 'Write here what they hold.');
  const before = reader.problems.length;
  reader.section('include');
  if (reader.problems.length === before) reader.add([{ path: ['include'], atKey: true, mistake }]);
}

type NamedListener = WrittenListener & { readonly id: string };

/** What decides where requests go that no route is written for. */
interface Unrouted {
  readonly poolNames: readonly string[];
  /** The listeners as they were written, and those that can be read. */
  readonly written: WrittenMap;
  readonly listeners: readonly Part<NamedListener>[];
}

/** A config that only redirects may be without. */
function readPools(
  reader: ConfigReader,
  written: WrittenMap,
  defaults: Defaults,
): readonly Part<WrittenPool & { readonly id: string }>[] {
  if (reader.has('pools')) return reader.named('pools', poolSchema, defaults);
  const missing = describeMissingPools(written);
  return missing === null ? [] : reader.named('pools', poolSchema, defaults, missing);
}

/** With a single pool, or one that no listener of layer 4 leads to, the routes may be left out. */
function readRoutes(
  reader: ConfigReader,
  { poolNames, written, listeners }: Unrouted,
  defaults: Defaults,
): readonly Part<WrittenRoute>[] {
  const hasHttp = Object.keys(written).length === 0 || Object.values(written).some(speaksHttp);
  if (reader.has('routes')) {
    if (!hasHttp) reader.add([{ path: ['routes'], atKey: true, mistake: NO_REQUESTS }]);
    return reader.list('routes', routeSchema, defaults);
  }
  if (!hasHttp) return [];
  const taken = new Set(listeners.flatMap((part) => passedTo(part.value).map(({ pool }) => pool)));
  const free = poolNames.length === 1 ? poolNames : poolNames.filter((name) => !taken.has(name));
  if (free.length === 1) return reader.item(routeSchema, { pool: free[0] }, ['routes', 0], defaults);
  if (poolNames.length > 1) reader.add([{ path: ['routes'], mistake: describeEmpty('routes', undefined, false) }]);
  return [];
}

const NO_REQUESTS = new Mistake(
  'every listener passes bytes on, and no request can come',
  'Take the routes out, or add a listener for requests.',
);

function toListenerConfig(
  { tcp, udp, tls, ...listener }: NamedListener,
  settings: Settings<'auto'>,
  pools: ReadonlyMap<string, WrittenPool>,
): ListenerSpec {
  if (udp !== undefined) {
    const { connectMs } = { ...settings.timeouts, ...pools.get(udp.pool)?.timeouts };
    return { ...listener, tls: null, udp: { ...udp, connectMs } };
  }
  const layer4 = tcp === undefined ? {} : { tcp: toTcpSpec(tcp, settings, pools) };
  if (tls === null) return { ...listener, tls, ...layer4 };
  const { passthrough: written, ...opened } = tls;
  const passthrough = written?.map(({ name, pool }) => {
    return { name, to: toTcpSpec({ pool, idleMs: undefined }, settings, pools) };
  });
  return { ...listener, tls: { ...opened, ...(passthrough === undefined ? {} : { passthrough }) }, ...layer4 };
}

/** The times of its pool go before those of the whole config. */
function toTcpSpec(
  { pool, idleMs }: WrittenTcp,
  { timeouts }: Settings<'auto'>,
  pools: ReadonlyMap<string, WrittenPool>,
): TcpSpec {
  const { connectMs, writeIdleMs } = { ...timeouts, ...pools.get(pool)?.timeouts };
  return { pool, idleMs: idleMs ?? timeouts.tcpIdleMs, halfClosedMs: writeIdleMs, connectMs };
}

function toReadRoute({ path, value }: Part<WrittenRoute>): Part<ReadRoute> {
  const { name, pool, match, replacePrefix, redirect } = value;
  const to = redirect === undefined ? pool : null;
  return { path, value: { id: name ?? placeName(path), pool: to, matches: matchesOf(match), replacePrefix } };
}

/** Of two routes that are the same, the later one in the file is the mistake. */
function inOrder<T>(parts: readonly Part<T>[]): readonly Part<T>[] {
  return parts.toSorted((a, b) => Number(a.path[1]) - Number(b.path[1]));
}

/** A route for each of its hosts; the second is called `NAME/2`. */
function toRouteConfigs(
  { path, value }: Part<WrittenRoute>,
  settings: Settings<'auto'>,
  pool: WrittenPool | undefined,
  named: NamedLimits,
): readonly Unsettled<RouteConfig>[] {
  const { name, accessLog, retry, rateLimit = [], concurrency, ...route } = value;
  const id = name ?? placeName(path);
  return matchesOf(route.match).map((match, i) => ({
    ...route,
    match,
    id: nameOfHost(id, i),
    ...(settings.banTable === undefined ? {} : { hasBans: true }),
    timeouts: { ...settings.timeouts, ...pool?.timeouts, ...route.timeouts },
    retry: retryOf(pool?.retry, retry),
    hedge: route.hedge === undefined ? (pool?.hedge ?? null) : route.hedge,
    ...limitsOfRoute(rateLimit, nameOfHost(id, i), named),
    ...concurrencyOf(concurrency, nameOfHost(id, i)),
    accessLog: routeLogOf(accessLog, settings.accessLog),
  }));
}

/** The timeouts of a pool are in the routes that lead to it. */
function toPoolConfig({ timeouts: _, ...pool }: WrittenPool & { readonly id: string }): PoolConfig {
  return pool;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
