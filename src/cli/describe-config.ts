/** A config in words, for `fairlead check`. */
import type { CheckSpec } from '../core/snapshot.ts';
import type { ExplainedConfig } from '../runtime/explain-config.ts';
import { addressText } from '../runtime/listener-key.ts';

export function describeConfig(explained: ExplainedConfig): string {
  const { engine, threads, config } = explained;
  const lines = [
    `engine   ${engine} on Node ${process.versions.node}`,
    `threads  ${threads}${config.threads === 'auto' ? ' (auto)' : ''}`,
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

function describeRoutes({ routes }: ExplainedConfig): string[][] {
  return routes.map(({ route, text }) => {
    const { replacePrefix } = route;
    const rewrite =
      replacePrefix === null
        ? ''
        : replacePrefix.by === ''
          ? `, without ${replacePrefix.prefix}`
          : `, ${replacePrefix.prefix} replaced by ${replacePrefix.by}`;
    return [route.id, text, `→ ${route.pool}${rewrite}`];
  });
}

function describePool({ id, policy, checks, endpoints }: ExplainedConfig['config']['pools'][number]): string[] {
  const names = endpoints.map((endpoint) =>
    endpoint.weight === 1 ? endpoint.id : `${endpoint.id} (weight ${endpoint.weight})`,
  );
  const checked = checks.length === 0 ? 'no check' : checks.map(describeCheck).join(' and ');
  return [id, policy, checked, names.join(', ')];
}

function describeCheck({ kind, method, path, intervalMs }: CheckSpec): string {
  const what = kind === 'tcp' ? 'tcp' : `${method} ${path}`;
  return `${what} every ${intervalMs / 1000} s`;
}

/** Columns as wide as their widest cell, the last one as it is. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i])));
    return `  ${cells.join('  ')}`;
  });
}
