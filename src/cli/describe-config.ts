/** A config in words, for `fairlead check`. */
import { nameOfPolicy } from '../core/balancer/policies.ts';
import { systemClock } from '../core/clock.ts';
import type { PoolConfig, RouteConfig } from '../config/config.ts';
import type { CheckSpec, ListenerSpec, TcpSpec } from '../core/snapshot.ts';
import type { ExplainedConfig } from '../runtime/control/explain-config.ts';
import { protocolOf, urlText } from '../runtime/shared/listener-key.ts';
import { describeCertificates, describeClients, toJsonCertificates } from './inspect-certificates.ts';
import type { AskedClients, ListenerCertificate } from './inspect-certificates.ts';
import { findChangedKeys } from './changed-keys.ts';
import type { Machine } from './machine.ts';
import { table } from './table.ts';
import { describeAccess } from './write-access.ts';
import { writeConfig } from './write-config.ts';
import { describeConcurrency, describeLimits } from './write-limits.ts';
import { describeTarget, writeRedirect } from './write-redirect.ts';
import { formatDuration } from './written-units.ts';

export function describeConfig(
  explained: ExplainedConfig,
  machine: Machine,
  certificates: readonly ListenerCertificate[] = [],
  clients: readonly AskedClients[] = [],
): string {
  const { engine, config } = explained;
  const changed = findChangedKeys(config);
  const lines = [
    ...table([
      ['engine', engine, `on Node ${process.versions.node}${engine === 'data' ? '; onread failed its probe' : ''}`],
      ['threads', String(machine.threads), machine.threadsReason],
      ['connections', String(machine.maxConnections), machine.connectionsReason],
      ['tcp_migrate_req', String(machine.tcpMigrateReq ?? '–'), machine.tcpMigrateReqMeaning],
    ]).map((line) => line.slice(2)),
    '',
    'listeners',
    ...withKeys(table(config.listeners.map(describeListener)), changed.listeners),
    ...(certificates.length === 0
      ? []
      : ['', 'certificates', ...table(describeCertificates(certificates, systemClock.wallTime()))]),
    ...(clients.length === 0 ? [] : ['', 'certificates of clients', ...table(describeClients(clients))]),
    ...(explained.routes.length === 0 ? [] : ['', 'routes, in the order in which they are tried']),
    ...withKeys(
      table(describeRoutes(explained)),
      explained.routes.map(({ route }) => changed.routes.get(route.id) ?? ''),
    ),
    ...(config.pools.length === 0 ? [] : ['', 'pools']),
    ...withKeys(
      table(config.pools.map((pool, i) => describePool(pool, changed.pools[i].endpoints))),
      changed.pools.map(({ keys }) => keys),
    ),
    ...(changed.settings.length === 0 ? [] : ['', 'settings', ...table(changed.settings)]),
  ];
  return lines.join('\n');
}

/** The same for scripts; routes in the order in which they are tried. */
export function toJsonDescription(
  { engine, config, routes }: ExplainedConfig,
  machine: Machine,
  certificates: readonly ListenerCertificate[],
  clients: readonly AskedClients[] = [],
): object {
  return {
    node: process.versions.node,
    engine,
    ...machine,
    certificates: toJsonCertificates(certificates, systemClock.wallTime()),
    clientCertificates: clients,
    routes: routes.map(({ route, text }) => ({ route: route.id, match: text, ...toJsonTarget(route) })),
    config: writeConfig(config),
  };
}

/** Below a line what else was set there. */
function withKeys(lines: readonly string[], keys: readonly string[]): readonly string[] {
  return lines.flatMap((line, i) => (keys[i] === '' ? [line] : [line, `    ${keys[i]}`]));
}

function describeListener(listener: ListenerSpec): string[] {
  const { id, tcp, udp, tls } = listener;
  const address = urlText(listener, protocolOf(listener));
  if (udp !== undefined)
    return [id, address, `→ ${udp.pool}, over after ${formatDuration(udp.idleMs)} without a datagram`];
  const all = tcp === undefined ? [] : [describePassed((tls ?? null) === null ? '' : 'what comes out of TLS ', tcp)];
  const passed = [...all, ...(tls?.passthrough ?? []).map(({ name, to }) => describePassed(`${name} `, to))];
  return passed.length === 0 ? [id, address] : [id, address, passed.join('; ')];
}

/** `what`: of what comes, with a blank behind it; `''`: all of it. */
function describePassed(what: string, { pool, idleMs }: TcpSpec): string {
  return `${what}→ ${pool}, cut after ${formatDuration(idleMs)} without a byte`;
}

function toJsonTarget({ pool, redirect }: RouteConfig): object {
  return redirect === undefined ? { pool } : { pool: null, redirect: writeRedirect(redirect) };
}

function describeRoutes({ routes }: ExplainedConfig): string[][] {
  return routes.map(({ route, text }) => {
    const more = [
      ...describeLimits(route.rateLimit),
      ...describeConcurrency(route.concurrency),
      ...(route.guards ? ['guards'] : []),
    ];
    const guards = describeAccess(route.access) + more.map((each) => `, ${each}`).join('');
    if (route.redirect !== undefined) return [route.id, text, `→ ${describeTarget(route)}${guards}`];
    const { replacePrefix } = route;
    const rewrite =
      replacePrefix === null
        ? ''
        : replacePrefix.by === ''
          ? `, without ${replacePrefix.prefix}`
          : `, ${replacePrefix.prefix} replaced by ${replacePrefix.by}`;
    const policy = route.policy === null ? '' : `, by ${nameOfPolicy(route.policy)}`;
    return [route.id, text, `→ ${route.pool}${rewrite}${policy}${guards}`];
  });
}

function describePool({ id, policy, checks }: PoolConfig, endpoints: readonly string[]): string[] {
  const checked = checks.length === 0 ? 'no check' : checks.map(describeCheck).join(' and ');
  return [id, nameOfPolicy(policy), checked, endpoints.join(', ')];
}

function describeCheck(check: CheckSpec): string {
  return `${describeProbe(check)} every ${formatDuration(check.intervalMs)}`;
}

function describeProbe(check: CheckSpec): string {
  if (check.kind === 'tcp') return 'tcp';
  if (check.kind === 'grpc') return `grpc${check.service === '' ? '' : ` ${check.service}`}`;
  return `${check.method} ${check.path}${check.kind === 'https' ? ' over TLS' : ''}`;
}
