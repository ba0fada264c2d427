/**
 * Tables of config keys in docs/, from the schema. A page says which keys it wants, and where:
 *
 *     <!-- keys: pools.*.retry, pools.*.retry.* -->
 *     <!-- /keys -->
 *
 * `*` within a path stands for a name or a place in a list; at the end it is every key right below.
 */
import { type ConfigKey, listConfigKeys } from '../../src/config/config-keys.ts';

const MARKED = /(<!-- keys: (.+?) -->\n)[\s\S]*?(<!-- \/keys -->)/g;

/** The text with every table written anew. Throws where a pattern means no key, or where an end is missing. */
export function fillTables(text: string, keys: readonly ConfigKey[] = listConfigKeys()): string {
  const starts = text.split('<!-- keys:').length;
  if (starts !== text.split('<!-- /keys -->').length) throw new Error('a <!-- keys: … --> has no <!-- /keys -->');
  return text.replace(MARKED, (_all, start: string, patterns: string, end: string) => {
    const rows = patterns.split(',').flatMap((pattern) => selectKeys(pattern.trim(), keys).map(writeRow));
    return `${start}\n${HEAD}${rows.join('')}\n${end}`;
  });
}

function selectKeys(pattern: string, keys: readonly ConfigKey[]): readonly ConfigKey[] {
  const parent = pattern.endsWith('*') ? pattern.slice(0, -1) : null;
  const selected = keys.filter(({ path }) => (parent === null ? path === pattern : isRightBelow(path, parent)));
  if (selected.length === 0) throw new Error(`no key of the config is meant by ${pattern}`);
  return selected;
}

function isRightBelow(path: string, parent: string): boolean {
  return path.startsWith(parent) && !path.slice(parent.length).includes('.');
}

const HEAD = '| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n';

function writeRow(key: ConfigKey): string {
  const meaning = key.sameAs === null ? key.description : `As \`${key.sameAs}\`.`;
  const cells = [`\`${key.path}\``, key.type, key.defaultInWords, meaning, `\`${key.example}\``];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}
