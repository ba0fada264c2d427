/** The config keys that pages document, and those that they speak of. */
import { listConfigKeys } from '../../src/config/config-keys.ts';
import { codesIn, findTableRows } from './pages.ts';
import type { Page } from './pages.ts';

export interface MentionedKey {
  /** As written: `pools.*.endpoints.*.weight`. */
  readonly key: string;
  /** `docs/health.md:31`. */
  readonly place: string;
}

/** Those in the first column of tables whose head says `key` and `default`. */
export function findDocumentedKeys(page: Page): readonly MentionedKey[] {
  const rows = findTableRows(page).filter(({ columns }) => columns[0] === 'key' && columns.includes('default'));
  return rows.flatMap(({ cells, place }) => codesIn(cells[0]).map((key) => ({ key, place })));
}

const TOP = [...new Set(listConfigKeys().map(({ path }) => path.split('.')[0]))].filter((name) => /^\w+$/.test(name));
/** `pools.web.retry`, `timeouts.connect`; an address such as `web.example.com` begins with no key of the config. */
const PATH = new RegExp(`^(?:${TOP.join('|')})(?:\\.[\\w*<>-]+|\\[\\d*\\])+$`);

/** Whole paths in the text, and in its tables. */
export function findMentionedKeys({ path, lines }: Page): readonly MentionedKey[] {
  return lines.flatMap((line, index) => {
    const found = codesIn(line).filter((code) => PATH.test(code));
    return found.map((key) => ({ key, place: `${path}:${index + 1}` }));
  });
}
