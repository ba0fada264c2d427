/** The config schema as a tree of plain data: JSON Schema with our own words still in it. */
import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { type SchemaNode, schemaNotes } from './described.ts';

type Draft = { -readonly [K in keyof SchemaNode]: SchemaNode[K] };

let tree: SchemaNode | null = null;

/** What stands in a file, before it is read; built at the first call. */
export function schemaTree(): SchemaNode {
  tree ??= toNode(configSchema);
  return tree;
}

function toNode(schema: z.ZodType): SchemaNode {
  const options = { io: 'input', metadata: schemaNotes } as const;
  const { $schema: _, ...node } = z.toJSONSchema(schema, {
    ...options,
    override: ({ jsonSchema }) => finish(jsonSchema as Draft),
  });
  return node as SchemaNode;
}

function finish(node: Draft): void {
  if (node.forms !== undefined) writeForms(node, node.forms);
  if (node.properties !== undefined) {
    const shown = Object.entries(node.properties).filter(([, inner]) => inner.hidden !== true);
    node.properties = Object.fromEntries(shown);
  }
}

/** What belongs to a key and not to one of the forms of its value. */
const KEY_NOTES = ['description', 'words', 'byDefault', 'sameAs', 'default', 'example'] as const;

/** What a schema reads by a function, zod cannot see; the forms say it. */
function writeForms(node: Draft, forms: NonNullable<SchemaNode['forms']>): void {
  const kept = Object.fromEntries(KEY_NOTES.flatMap((name) => (name in node ? [[name, node[name]]] : [])));
  for (const name of Object.keys(node)) Reflect.deleteProperty(node, name);
  const anyOf = forms.flatMap((form): readonly SchemaNode[] => {
    const alternative = form instanceof z.ZodType ? toNode(form) : form;
    return alternative.anyOf ?? [alternative];
  });
  Object.assign(node, kept, { anyOf });
}

/** The map whose keys are documented where a value can be written in several ways, or null: it has no keys. */
export function documentedMap(node: SchemaNode): SchemaNode | null {
  if (node.anyOf !== undefined) return node.anyOf.find((form) => documentedMap(form) !== null) ?? null;
  return node.title !== undefined || itemOf(node) !== null ? node : null;
}

/** What a list holds, or a map by names, where that has keys of its own. */
export function itemOf(node: SchemaNode): SchemaNode | null {
  const item = node.items ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : null);
  return item === null ? null : documentedMap(item);
}

/** A map with keys of its own that is there without being written. */
export function isSection(node: SchemaNode): boolean {
  return JSON.stringify(node.default) === '{}' && documentedMap(node) !== null;
}
