/** Every key of a config with its description: the reference in docs/ is made from this list. */
import { stringify } from 'yaml';
import type { SchemaNode } from './described.ts';
import { documentedMap, isSection, itemOf, schemaTree } from './schema-tree.ts';
import { isWrittenMap } from './written.ts';

export interface ConfigKey {
  /** `pools.*.retry.attempts`; `*` stands for a name or a place in a list. */
  readonly path: string;
  /** In words, Markdown: `duration`, `` `on`, `off` ``. */
  readonly type: string;
  /** As it would be written in YAML; null if there is no default, or none that could be written. */
  readonly default: string | null;
  /** The same for people, Markdown: `` `5s` ``, `required`, `the endpoint's`. */
  readonly defaultInWords: string;
  /** One or two sentences, Markdown. */
  readonly description: string;
  /** A value as it is written in YAML. */
  readonly example: string;
  /** The key that describes this one, for a key that is in several places: `pools.*.retry.attempts`. */
  readonly sameAs: string | null;
}

/** In the order of the schema, a map before its keys. */
export function listConfigKeys(): readonly ConfigKey[] {
  const keys: ConfigKey[] = [];
  visit(schemaTree(), '', null, keys);
  const byPath = new Map(keys.map((key) => [key.path, key]));
  return keys.map((key) => (key.defaultInWords === '' ? takeDefault(key, byPath.get(key.sameAs ?? '')) : key));
}

function visit(node: SchemaNode, prefix: string, sameAs: string | null, keys: ConfigKey[]): void {
  const map = documentedMap(node);
  if (map === null) return;
  const item = itemOf(map);
  if (item !== null) return visit(item, `${prefix}*.`, sameAs === null ? null : `${sameAs}*.`, keys);
  for (const [name, inner] of Object.entries(map.properties ?? {})) {
    const original = inner.sameAs ?? (sameAs === null ? null : `${sameAs}${name}`);
    keys.push(toKey(`${prefix}${name}`, inner, map.required?.includes(name) === true, original));
    visit(inner, `${prefix}${name}.`, original === null ? null : `${original}.`, keys);
  }
}

function toKey(path: string, node: SchemaNode, isRequired: boolean, sameAs: string | null): ConfigKey {
  const isWritable = node.default !== undefined && node.byDefault === undefined && !isSection(node);
  const written = isWritable ? toYaml(node.default) : null;
  const inWords = isSection(node) ? 'below' : isRequired ? 'required' : '';
  return {
    path,
    type: node.words ?? 'value',
    default: written,
    defaultInWords: written === null ? (node.byDefault ?? inWords) : `\`${written}\``,
    description: node.description ?? '',
    example: toYaml(node.example),
    sameAs,
  };
}

/** A key may be written in either place, with the same meaning. */
function takeDefault(key: ConfigKey, original: ConfigKey | undefined): ConfigKey {
  return { ...key, default: original?.default ?? null, defaultInWords: original?.defaultInWords ?? 'none' };
}

/** In one line, as people write it: `[a, { b: c }]`. */
export function toYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toYaml).join(', ')}]`;
  if (isWrittenMap(value)) {
    const entries = Object.entries(value).map(([name, inner]) => `${toYaml(name)}: ${toYaml(inner)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  if (typeof value === 'string' && /^[:*&!%@]/.test(value)) return JSON.stringify(value);
  // Written in a list, so that characters with a meaning there are quoted.
  return stringify([value], { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false })
    .trim()
    .slice(1, -1);
}
