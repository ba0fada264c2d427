/** `src/config/config-input.ts`: the type of what a user writes, from the schema, with what it says of each key. */
import type { SchemaNode } from '../../src/config/described.ts';
import { isSection, schemaTree } from '../../src/config/schema-tree.ts';

const HEAD = `/**
 * What a user writes: the input of \`defineConfig\`, \`createBalancer\` and \`reload\`.
 * Written by \`npm run docs\` from the schema of the config: change it there.
 */
import type { ByteRate, Duration, Off, Percent, Percentile, Rate, Size, Toggle } from './written-values.ts';
`;

/** Where the key that first has such a map says too little of it. */
const ABOUT: Readonly<Record<string, string>> = {
  Config: 'A config. `PoolName` are the names of its pools, the only ones that its routes may name.',
  Listener: 'An address to accept connections on.',
  Route: 'Which requests go to which pool, and what happens to them on the way.',
  PathRegex: 'A condition for the path by a regular expression.',
  ReplacePrefix: 'A prefix of the path, and what stands in its place on the way to the endpoint.',
  ExchangeTimeouts: 'Timeouts that a pool or a route may set for itself.',
  Pool: 'A named set of servers: how one is chosen, and what keeps the pool up.',
  Endpoint: 'One server of a pool.',
  Check: 'An active check: asks each endpoint whether it is well.',
  TcpCheck: 'A check that passes when the connection opens.',
  HttpCheck: 'A check that passes on an expected answer.',
};

/** The whole file, but for the last touch of the formatter. */
export function writeInputTypes(): string {
  const interfaces = new Map<string, string>();
  nameOf(schemaTree(), interfaces, '');
  return [HEAD, ...[...interfaces.values()].reverse()].join('\n');
}

/** The type's name; its interface is added where it is not there yet, after those that it needs. */
function nameOf(node: SchemaNode, interfaces: Map<string, string>, description: string): string {
  const title = node.title ?? '';
  const entries = Object.entries(node.properties ?? {});
  if (!interfaces.has(title)) {
    const keys = entries.map(([name, inner]) => {
      const isRequired = node.required?.includes(name) === true;
      return `${commentOf(inner)}readonly ${name}${isRequired ? '' : '?'}: ${typeOf(inner, interfaces)};`;
    });
    const parameter = keys.some((key) => key.includes('PoolName')) ? '<PoolName extends string = string>' : '';
    const about = ABOUT[title] ?? description;
    interfaces.set(title, `/** ${about} */\nexport interface ${title}Input${parameter} {\n${keys.join('\n')}\n}\n`);
  }
  // The names are those of the pools; TypeScript must not infer further ones from routes.
  const isGeneric = interfaces.get(title)?.includes('<PoolName extends') === true;
  return `${title}Input${isGeneric ? '<NoInfer<PoolName>>' : ''}`;
}

function typeOf(node: SchemaNode, interfaces: Map<string, string>, about = node.description ?? ''): string {
  if (node.tsType !== undefined) return node.tsType;
  if (node.anyOf !== undefined) {
    return unionOf(node.anyOf.map((form) => typeOf(form, interfaces, about)));
  }
  if (node.enum !== undefined) return node.enum.map(literal).join(' | ');
  if ('const' in node) return literal(node.const);
  if (node.title !== undefined) return nameOf(node, interfaces, about);
  if (node.items !== undefined) return listOf(typeOf(node.items, interfaces, about));
  if (node.type === 'object') return mapType(node, interfaces, about);
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? ['unknown']);
  return types.map((type) => (type === 'integer' ? 'number' : type)).join(' | ');
}

/** Any text includes each word. */
function unionOf(types: readonly string[]): string {
  const isText = types.includes('string');
  return [...new Set(types)].filter((type) => !isText || !type.startsWith("'")).join(' | ');
}

function listOf(item: string): string {
  return item.includes('|') ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function mapType(node: SchemaNode, interfaces: Map<string, string>, about: string): string {
  const { properties, additionalProperties, tsKeys = 'string' } = node;
  if (typeof additionalProperties === 'object') {
    const value = typeOf(additionalProperties, interfaces, about);
    return `Readonly<Record<${tsKeys}, ${value}>>`;
  }
  const keys = Object.entries(properties ?? {}).map(
    ([name, inner]) => `readonly ${name}: ${typeOf(inner, interfaces)}`,
  );
  return `{ ${keys.join('; ')} }`;
}

function commentOf(node: SchemaNode): string {
  const byDefault = node.byDefault === 'none' ? null : defaultOf(node);
  const lines = [
    node.description ?? '',
    ...(byDefault === null ? [] : [`@defaultValue ${byDefault}`]),
    ...(node.example === undefined ? [] : [`@example ${literal(node.example)}`]),
  ];
  return `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
}

function defaultOf(node: SchemaNode): string | null {
  if (node.byDefault !== undefined) return node.byDefault;
  return node.default === undefined || isSection(node) ? null : `\`${literal(node.default)}\``;
}

/** A value in TypeScript. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(
    ([name, inner]) => `${/^\w+$/.test(name) ? name : `'${name}'`}: ${literal(inner)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
