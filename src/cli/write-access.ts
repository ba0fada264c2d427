/** Who may use a route, and the lists that say so: as the config says it, and in words. */
import type { AccessSpec, ClientsSpec } from '../core/lists/access-spec.ts';
import type { ListRules } from '../core/lists/list-reader.ts';
import type { ListSpec } from '../core/settings.ts';
import { withoutGaps } from './written-map.ts';
import type { Written } from './written-map.ts';
import { formatDuration, onOff } from './written-units.ts';

/** The keys of a route. */
export function writeAccess(access: AccessSpec | undefined): Written {
  if (access === undefined) return {};
  return withoutGaps({ allow: writeClients(access.allow), deny: writeClients(access.deny) });
}

/** `, allow office, deny drop`; `''`: everybody may. */
export function describeAccess(access: AccessSpec | undefined): string {
  return Object.entries(writeAccess(access))
    .map(([rule, clients]) => `, ${rule} ${(clients as readonly string[]).join(' and ')}`)
    .join('');
}

function writeClients(clients: ClientsSpec | null): readonly string[] | undefined {
  return clients === null ? undefined : [...clients.networks, ...clients.lists];
}

/** Undefined: there is none. */
export function writeLists(lists: readonly ListSpec[] | undefined): Written | undefined {
  return lists && Object.fromEntries(lists.map(({ name, source }) => [name, writeSource(source)]));
}

function writeSource(source: ListSpec['source']): unknown {
  if (source.kind === 'inline') return source.networks;
  if (source.kind === 'file') return { file: source.path, ...writeRules(source.rules) };
  return { url: source.url, refresh: formatDuration(source.refreshMs), ...writeRules(source.rules) };
}

function writeRules({ where, keys, allowWide }: ListRules): Written {
  return withoutGaps({ where: where ?? undefined, keys, allowWide: onOff(allowWide) });
}
