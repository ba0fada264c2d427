/** A config converted back to what a config file says: every default written out, times and sizes with their units. */
import type { Config, EndpointConfig, PoolConfig, RouteConfig } from '../config/config.ts';
import { QUEUE_CLASSES } from '../core/resilience/queue-class.ts';
import type { Settings } from '../core/settings.ts';
import type {
  CheckSpec,
  ListenerSpec,
  HedgeSpec,
  RetryBudgetSpec,
  RetrySpec,
  PolicySpec,
  QueueSpec,
  RedirectSpec,
  StickySpec,
  Timeouts,
} from '../core/snapshot.ts';
import { addressText } from '../runtime/shared/listener-key.ts';
import { writeAccess, writeLists } from './write-access.ts';
import { writeAccessLog, writeRouteLog } from './write-access-log.ts';
import { sessionTimes, writeTcp, writeUdp } from './write-layer4.ts';
import { writeAcme, writeListenerTls } from './write-listener-tls.ts';
import { writeCors } from './write-cors.ts';
import { writeBreaker, writeEjection } from './write-health.ts';
import { writeMatch } from './write-match.ts';
import { writeRewriting } from './write-rewriting.ts';
import { withMiddleware } from './write-middleware.ts';
import { writePoolTls } from './write-pool-tls.ts';
import { writeSlowClients } from './write-slow-clients.ts';
import { withoutGaps } from './written-map.ts';
import type { Written } from './written-map.ts';
import { writeConcurrency, writeNamedLimits, writeRouteLimits } from './write-limits.ts';
import { writeRedirect } from './write-redirect.ts';
import { formatDuration, formatDurationOrOff, formatSize, onOff } from './written-units.ts';

/** Parsed again, it is the same config. */
export function writeConfig(config: Config): Written {
  return withoutGaps({
    threads: config.threads,
    listeners: byId(config.listeners, writeListener),
    routes:
      config.routes.length === 0 ? undefined : config.routes.map((route) => withMiddleware(route, writeRoute(route))),
    pools:
      config.pools.length === 0 ? undefined : byId(config.pools, (pool) => writePool(pool, sessionTimes(config, pool))),
    rateLimits: writeNamedLimits(config.rateLimits),
    ...writeSettings(config.settings),
  });
}

function writeSettings(settings: Settings<'auto'>): Readonly<Record<keyof Settings, unknown>> {
  const { limits, headers } = settings;
  return {
    timeouts: writeTimeouts(settings.timeouts),
    slowClients: writeSlowClients(settings.slowClients),
    limits: { head: formatSize(limits.headBytes), headers: limits.headers, target: formatSize(limits.targetBytes) },
    headers: { via: onOff(headers.via), forwarded: onOff(headers.forwarded) },
    trustedProxies: settings.trustedProxies,
    lists: writeLists(settings.lists),
    banTable: settings.banTable,
    accessLog: writeAccessLog(settings.accessLog),
    memory: { max: settings.memory.maxBytes === 'auto' ? 'auto' : formatSize(settings.memory.maxBytes) },
    zone: settings.zone === '' ? 'none' : settings.zone,
    admin: settings.admin,
    stateDir: settings.stateDir === '' ? undefined : settings.stateDir,
    acme: settings.acme === null ? 'off' : withoutGaps(writeAcme(settings.acme)),
    maxConnections: settings.maxConnections,
  };
}

function writeListener({ id: _, host, port, mode, tcp, udp, proxyProtocol, tls, ...rest }: ListenerSpec): Written {
  if (udp !== undefined) return { address: host === '' ? `:${port}` : addressText({ host, port }), udp: writeUdp(udp) };
  const { halfClose: _halfClose, underscores: _underscores, ...below } = rest;
  return withoutGaps({
    address: host === '' ? `:${port}` : addressText({ host, port }),
    mode: mode?.toString(8).padStart(3, '0'),
    ...(tcp === undefined ? rest : below),
    proxyProtocol: proxyProtocol ?? 'off',
    tcp: tcp === undefined ? undefined : writeTcp(tcp),
    tls: writeListenerTls(tls),
  });
}

function writeRoute(route: RouteConfig): Written {
  return route.redirect === undefined ? writePooled(route) : writeRedirecting(route, route.redirect);
}

function writeRedirecting(
  { id, match, guards, limitsOnly, access, cors, rateLimit, concurrency, accessLog, answerEdits }: RouteConfig,
  redirect: RedirectSpec,
): Written {
  const { scheme: _, ...others } = match;
  return withoutGaps({
    name: id,
    match: writeMatch(redirect.base === null ? others : match),
    redirect: writeRedirect(redirect),
    ...writeAccess(access),
    cors: writeCors(cors),
    rateLimit: writeRouteLimits(rateLimit),
    concurrency: writeConcurrency(concurrency),
    guards: limitsOnly === true ? undefined : onOff(guards),
    ...writeRewriting(undefined, answerEdits),
    accessLog: writeRouteLog(accessLog),
  });
}

function writePooled({
  id,
  match,
  rewriting,
  answerEdits,
  replacePrefix,
  maxBody,
  timeouts,
  retry,
  hedge,
  queueClass,
  deadlineHeader,
  pool,
  access,
  cors,
  policy,
  rateLimit,
  concurrency,
  upgrades,
  accessLog,
  longPoll,
  guards,
  limitsOnly,
}: RouteConfig): Written {
  return withoutGaps({
    name: id,
    match: writeMatch(match),
    pool,
    ...writeAccess(access),
    cors: writeCors(cors),
    policy: policy === null ? undefined : writePolicy(policy),
    stripPrefix: replacePrefix?.by === '' ? replacePrefix.prefix : undefined,
    replacePrefix: replacePrefix === null || replacePrefix.by === '' ? undefined : replacePrefix,
    ...writeRewriting(rewriting, answerEdits),
    upgrades,
    maxBody: maxBody === 0 ? 'off' : formatSize(maxBody),
    rateLimit: writeRouteLimits(rateLimit),
    concurrency: writeConcurrency(concurrency),
    longPoll: onOff(longPoll),
    // It is on only because of its limits, and would be again.
    guards: limitsOnly === true ? undefined : onOff(guards),
    accessLog: writeRouteLog(accessLog),
    timeouts: writeExchangeTimeouts(timeouts),
    retry: writeRetry(retry),
    hedge: writeHedge(hedge),
    queueClass: QUEUE_CLASSES[queueClass],
    deadline: deadlineHeader === '' ? 'off' : { header: deadlineHeader },
  });
}

function writePool(pool: PoolConfig, timeouts: Written | undefined): Written {
  return withoutGaps({
    policy: writePolicy(pool.policy),
    endpoints: pool.endpoints.map(writeEndpoint),
    check: pool.checks.map(writeCheck),
    agent: pool.agent === null ? 'off' : { port: pool.agent.port, interval: formatDuration(pool.agent.intervalMs) },
    ejection: writeEjection(pool.ejection),
    breaker: writeBreaker(pool.breaker),
    retry: { ...writeRetry(pool.retry), budget: writeBudget(pool.retryBudget) },
    hedge: writeHedge(pool.hedge),
    sticky: writeSticky(pool.sticky),
    slowStart: formatDurationOrOff(pool.slowStartMs),
    zones: pool.zones,
    queue: writeQueue(pool.queue),
    maxRequests: pool.maxRequests === 0 ? 'off' : pool.maxRequests,
    maxConnections: pool.maxConnections === 0 ? 'off' : pool.maxConnections,
    maxIdle: pool.maxIdle,
    idleTimeout: formatDuration(pool.idleTimeoutMs),
    panic: onOff(pool.panic),
    host: typeof pool.host === 'string' ? pool.host : pool.host.name,
    answers: pool.answers,
    proxyProtocol: pool.proxyProtocol ?? 'off',
    tls: writePoolTls(pool.tls),
    timeouts,
  });
}

function writeEndpoint({ id, weight, priority, zone, isBackup, maxRequests }: EndpointConfig): Written {
  return {
    address: id,
    weight,
    priority,
    zone: zone === '' ? 'none' : zone,
    backup: onOff(isBackup),
    maxRequests: maxRequests === 0 ? 'off' : maxRequests,
  };
}

function writeQueue({ maxWaiting, timeoutMs, targetMs, holdMs }: QueueSpec): Written {
  return withoutGaps({
    max: maxWaiting,
    timeout: timeoutMs === 0 ? undefined : formatDuration(timeoutMs),
    target: formatDurationOrOff(targetMs),
    hold: formatDurationOrOff(holdMs),
  });
}

function writePolicy(policy: PolicySpec): unknown {
  if (typeof policy === 'string') return policy;
  const { key, table, boundedLoad } = policy.hash;
  const bound = boundedLoad === 0 ? 'off' : boundedLoad;
  return { hash: { key: key.parts, missing: key.missing, table, boundedLoad: bound } };
}

function writeSticky(sticky: StickySpec | null): unknown {
  if (sticky === null) return 'off';
  const { cookie, secretFile, ttlMs, domain, isSocketIo, ...attributes } = sticky;
  return withoutGaps({
    cookie,
    secretFile: unlessEmpty(secretFile),
    ttl: ttlMs === 0 ? 'session' : formatDuration(ttlMs),
    ...attributes,
    domain: domain === '' ? 'none' : domain,
    socketIo: onOff(isSocketIo),
  });
}

function writeCheck(check: CheckSpec): Written {
  return {
    [check.kind]: withoutGaps({ ...writeProbe(check), port: check.port === 0 ? undefined : check.port }),
    interval: formatDuration(check.intervalMs),
    fastInterval: formatDuration(check.fastIntervalMs),
    downInterval: formatDuration(check.downIntervalMs),
    timeout: formatDuration(check.timeoutMs),
    rise: check.rise,
    fall: check.fall,
    maxLatency: formatDurationOrOff(check.maxLatencyMs),
    start: check.startUnhealthy ? 'unhealthy' : 'healthy',
  };
}

function writeProbe(check: CheckSpec): Written {
  if (check.kind === 'tcp') return { send: unlessEmpty(check.send), expect: unlessEmpty(check.expect) };
  if (check.kind === 'grpc') return { service: unlessEmpty(check.service), host: unlessEmpty(check.host) };
  const { path, method, headers, status, body, host } = check;
  return {
    path,
    method,
    headers,
    status: status.map(([low, high]) => (low === high ? low : `${low}-${high}`)),
    body: unlessEmpty(body),
    host: unlessEmpty(host),
    ...(check.kind === 'https' && { ca: unlessEmpty(check.ca), verify: onOff(check.verify) }),
  };
}

function unlessEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function writeRetry(retry: RetrySpec): Written {
  const { attempts, onConnect, onReset, onTimeout, statuses, replayBytes, backoffMs, maxBackoffMs, rescue } = retry;
  const conditions = [onConnect ? ['connect'] : [], onReset ? ['reset'] : [], onTimeout ? ['timeout'] : []].flat();
  return {
    attempts,
    retryOn: [...conditions, ...statuses],
    replayBuffer: replayBytes === 0 ? 'off' : formatSize(replayBytes),
    backoff: formatDurationOrOff(backoffMs),
    maxBackoff: formatDurationOrOff(maxBackoffMs),
    rescue: onOff(rescue),
  };
}

function writeHedge(hedge: HedgeSpec | null): unknown {
  if (hedge === null) return 'off';
  return { delay: hedge.percentile === 0 ? formatDuration(hedge.delayMs) : `p${hedge.percentile}` };
}

function writeBudget(budget: RetryBudgetSpec | null): unknown {
  if (budget === null) return 'off';
  const { share, perSecond } = budget;
  const floor = perSecond === 0 ? 'off' : `${perSecond}/s`;
  return { share: share === 0 ? 'off' : `${Math.round(share * 100)}%`, floor };
}

function writeTimeouts(timeouts: Timeouts): Written {
  return {
    ...writeExchangeTimeouts(timeouts),
    tcpIdle: formatDuration(timeouts.tcpIdleMs),
    requestHead: formatDuration(timeouts.requestHeadMs),
    keepAlive: formatDuration(timeouts.keepAliveMs),
    tlsHandshake: formatDuration(timeouts.tlsHandshakeMs),
    drain: formatDuration(timeouts.drainMs),
  };
}

/** The timeouts that a route may set. */
function writeExchangeTimeouts(timeouts: Timeouts): Written {
  return {
    connect: formatDuration(timeouts.connectMs),
    requestBodyIdle: formatDuration(timeouts.requestBodyIdleMs),
    responseHead: formatDuration(timeouts.responseHeadMs),
    responseIdle: formatDuration(timeouts.responseIdleMs),
    tunnelIdle: formatDuration(timeouts.tunnelIdleMs),
    writeIdle: formatDuration(timeouts.writeIdleMs),
    perTry: formatDurationOrOff(timeouts.perTryMs),
    total: formatDurationOrOff(timeouts.totalMs),
  };
}

function byId<T extends { readonly id: string }>(items: readonly T[], write: (item: T) => Written): Written {
  return Object.fromEntries(items.map((item) => [item.id, write(item)]));
}
