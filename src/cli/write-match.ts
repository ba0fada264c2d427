/** The conditions of a route, as a config writes them. */
import type { PathMatch, RouteMatch, ValueMatch } from '../core/snapshot.ts';
import { withoutGaps } from './written-map.ts';
import type { Written } from './written-map.ts';
import { onOff } from './written-units.ts';

/** Undefined: it takes everything. */
export function writeMatch({ scheme, host, path, methods, headers, query, cookies }: RouteMatch): Written | undefined {
  const written = withoutGaps({
    scheme,
    host: host ?? undefined,
    path: path === null ? undefined : writePath(path),
    method: methods.length === 0 ? undefined : methods,
    header: writeValues(headers),
    query: writeValues(query),
    cookie: writeValues(cookies),
  });
  return Object.keys(written).length === 0 ? undefined : written;
}

function writePath(path: PathMatch): unknown {
  if (path.kind === 'regex') return { regex: path.source, ignoreCase: onOff(path.ignoreCase) };
  if (path.kind === 'exact') return path.path;
  return path.path === '/' ? '/*' : `${path.path}/*`;
}

function writeValues(values: readonly ValueMatch[]): Written | undefined {
  if (values.length === 0) return undefined;
  return Object.fromEntries(values.map(({ name, value }) => [name, value ?? { present: true }]));
}
