/** The config keys that pages document: those in the first column of tables whose head says `key`. */
import { codesIn, findTableRows } from './pages.ts';
import type { Page } from './pages.ts';

export interface DocumentedKey {
  /** Dotted, without names and list places: `pools.endpoints.weight`. */
  readonly key: string;
  /** The default in the words of the config, or null where the cell does not begin with one. */
  readonly byDefault: string | null;
  readonly place: string;
}

/** Where the tables of docs/configuration.md stand in the config; other pages write whole paths. */
const SECTIONS: Readonly<Record<string, string>> = {
  'Top level': '',
  Listeners: 'listeners.',
  Routes: 'routes.',
  Match: 'routes.match.',
  Pools: 'pools.',
  Checks: 'pools.check.',
  Ejection: 'pools.ejection.',
  Retry: 'pools.retry.',
  Timeouts: 'timeouts.',
  Limits: 'limits.',
  Headers: 'headers.',
};

/** A type such as `` `{ prefix, by }` `` documents its own keys. */
const MAP_TYPE = /^`\{ (\w+(?:, \w+)*) \}`$/;

export function findDocumentedKeys(page: Page): readonly DocumentedKey[] {
  const hasSections = page.path === 'docs/configuration.md';
  return findTableRows(page).flatMap(({ heading, columns, cells, place }) => {
    if (columns[0] !== 'key') return [];
    const section = hasSections ? SECTIONS[heading] : '';
    if (section === undefined) throw new Error(`${place}: no section of the config is known by "${heading}"`);
    const byDefault = /^`([^`]+)`/.exec(cells[columns.indexOf('default')] ?? '')?.[1] ?? null;
    const inner = MAP_TYPE.exec(cells[columns.indexOf('type')] ?? '')?.[1].split(', ') ?? [];
    return codesIn(cells[0]).flatMap((code) => {
      const key = section + plainPath(code);
      const keys = [{ key, byDefault, place }];
      return [...keys, ...inner.map((name) => ({ key: `${key}.${name}`, byDefault: null, place }))];
    });
  });
}

function plainPath(code: string): string {
  return code.replaceAll('[]', '').replaceAll('.<name>', '');
}
