/** A config in words, for `fairlead check`. */
import { nameOfPolicy } from '../core/balancer/policies.ts';
import type { CheckSpec } from '../core/snapshot.ts';
import type { ExplainedConfig } from '../runtime/control/explain-config.ts';
import { addressText } from '../runtime/shared/listener-key.ts';
import type { Machine } from './machine.ts';
import { table } from './table.ts';
import { writeConfig } from './write-config.ts';
import { formatDuration } from './written-units.ts';

export function describeConfig(explained: ExplainedConfig, machine: Machine): string {
  const { engine, config } = explained;
  const lines = [
    ...table([
      ['engine', engine, `on Node ${process.versions.node}${engine === 'onread' ? '' : '; onread failed its probe'}`],
      ['threads', String(machine.threads), machine.threadsReason],
      ['connections', String(machine.maxConnections), machine.connectionsReason],
      ['tcp_migrate_req', String(machine.tcpMigrateReq ?? '–'), machine.tcpMigrateReqMeaning],
    ]).map((line) => line.slice(2)),
    '',
    'listeners',
    ...table(config.listeners.map((listener) => [listener.id, `http://${addressText(listener)}`])),
    '',
    'routes, in the order in which they are tried',
    ...table(describeRoutes(explained)),
    '',
    'pools',
    ...table(config.pools.map((pool) => describePool(pool))),
  ];
  return lines.join('\n');
}

/** The same for scripts; routes in the order in which they are tried. */
export function toJsonDescription({ engine, config, routes }: ExplainedConfig, machine: Machine): object {
  return {
    node: process.versions.node,
    engine,
    ...machine,
    routes: routes.map(({ route, text }) => ({ route: route.id, match: text, pool: route.pool })),
    config: writeConfig(config),
  };
}

function describeRoutes({ routes }: ExplainedConfig): string[][] {
  return routes.map(({ route, text }) => {
    const { replacePrefix } = route;
    const rewrite =
      replacePrefix === null
        ? ''
        : replacePrefix.by === ''
          ? `, without ${replacePrefix.prefix}`
          : `, ${replacePrefix.prefix} replaced by ${replacePrefix.by}`;
    return [route.id, text, `→ ${route.pool}${rewrite}${route.guards ? ', guards' : ''}`];
  });
}

function describePool({ id, policy, checks, endpoints }: ExplainedConfig['config']['pools'][number]): string[] {
  const names = endpoints.map((endpoint) =>
    endpoint.weight === 1 ? endpoint.id : `${endpoint.id} (weight ${endpoint.weight})`,
  );
  const checked = checks.length === 0 ? 'no check' : checks.map(describeCheck).join(' and ');
  return [id, nameOfPolicy(policy), checked, names.join(', ')];
}

function describeCheck(check: CheckSpec): string {
  return `${describeProbe(check)} every ${formatDuration(check.intervalMs)}`;
}

function describeProbe(check: CheckSpec): string {
  if (check.kind === 'tcp') return 'tcp';
  if (check.kind === 'grpc') return `grpc${check.service === '' ? '' : ` ${check.service}`}`;
  return `${check.method} ${check.path}${check.kind === 'https' ? ' over TLS' : ''}`;
}
