/** A config in YAML that writes every key with its default, and what it means: `fairlead config --defaults`. */
import { toYaml } from './config-keys.ts';
import type { SchemaNode } from './described.ts';
import { documentedMap, isSection, itemOf, schemaTree } from './schema-tree.ts';

/** With room for the `# ` of pieces that are commented out. */
const WIDTH = 98;

const HEAD = `# Every key of a config, with its default. A key after a # has none: the value there is an example.
# The pool, its endpoint and the route to it are examples as well.`;

/** The text is a valid config, with the same meaning as one that has only its pool. */
export function describeConfigDefaults(): string {
  const [, ...lines] = writeKeys(schemaTree(), '');
  return `${HEAD}\n\n${lines.join('\n')}\n`;
}

/** The keys of a map, an empty line before each section of the whole config. */
function writeKeys(map: SchemaNode, indent: string): readonly string[] {
  return Object.entries(map.properties ?? {}).flatMap(([name, node]) => {
    const isRequired = map.required?.includes(name) === true || map.oneRequired?.[0] === name;
    const comment = wrap(plainText(node.description ?? ''), `${indent}# `);
    return [...(indent === '' ? [''] : []), ...comment, ...writeKey(name, node, isRequired, indent)];
  });
}

function writeKey(name: string, node: SchemaNode, isRequired: boolean, indent: string): readonly string[] {
  const map = documentedMap(node);
  const isLive = isRequired || isSection(node) || (node.default !== undefined && node.byDefault === undefined);
  if (map === null) {
    const value = toYaml(isLive && !isRequired ? node.default : node.example);
    return [`${indent}${isLive ? '' : '#'}${name}: ${value}`];
  }
  // The meaning of its keys is written elsewhere.
  if (isAlike(map)) return [`${indent}#${name}: ${toYaml(node.example)}`];
  const inner = writeInner(map, node.example, `${indent}  `);
  const lines = [`${indent}${name}:`, ...inner];
  const isEmpty = inner.every((line) => /^\s*#/.test(line));
  const isThere = isRequired || isSection(node) || name === 'routes' || name === 'listeners';
  return isThere && !isEmpty ? lines : comment(lines, indent);
}

/** A map's keys, or those of one thing that the list or the map by names holds. */
function writeInner(map: SchemaNode, example: unknown, indent: string): readonly string[] {
  const item = itemOf(map);
  if (item === null) return writeKeys(map, indent);
  if (map.items === undefined)
    return [`${indent}${Object.keys(example as object)[0]}:`, ...writeKeys(item, `${indent}  `)];
  const [first, ...others] = writeKeys(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...others];
}

/** Whether every key of a map means what another one means. */
function isAlike(map: SchemaNode): boolean {
  const keys = Object.values(map.properties ?? {});
  return keys.length > 0 && keys.every(({ sameAs }) => sameAs !== undefined);
}

/** Comments a piece out: without these `# ` it is part of the config, its comments included. */
function comment(lines: readonly string[], indent: string): readonly string[] {
  return lines.map((line) => `${indent}#${line.slice(indent.length)}`);
}

function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}

function wrap(text: string, prefix: string): readonly string[] {
  const lines: string[] = [];
  let line = prefix.trimEnd();
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line.length > prefix.length) {
      lines.push(line);
      line = prefix.trimEnd();
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
