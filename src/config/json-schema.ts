/** The JSON Schema of a config, for editors: completion, meanings, and mistakes while typing. */
import type { SchemaNode } from './described.ts';
import { isSection, schemaTree } from './schema-tree.ts';

/** A JSON Schema or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const ID = 'https://fairlead.dev/schema/fairlead.schema.json';

/** Draft 2020-12. Maps that have a name stand under `$defs`; everything else is where it is used. */
export function configJsonSchema(): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const { $ref: _, ...notes } = publish(schemaTree(), definitions);
  const { Config: config, ...others } = Object.fromEntries(definitions);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: ID,
    ...notes,
    ...config,
    title: 'Fairlead config',
    description: 'A config of the Fairlead load balancer: listeners, routes and pools of endpoints.',
    $defs: others,
  };
}

function publish(node: SchemaNode, definitions: Map<string, JsonSchema>): JsonSchema {
  const { title, description, default: byDefault, example, properties, ...rest } = node;
  const notes = {
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined || node.byDefault !== undefined || isSection(node) ? {} : { default: byDefault }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
  const shape = publishShape(rest, definitions);
  if (title === undefined) return { ...shape, ...(properties === undefined ? {} : { properties }), ...notes };
  if (!definitions.has(title)) {
    const entries = Object.entries(properties ?? {}).map(([name, inner]) => [name, publish(inner, definitions)]);
    definitions.set(title, { title, ...shape, properties: Object.fromEntries(entries) as JsonSchema });
  }
  return { $ref: `#/$defs/${title}`, ...notes };
}

/** What remains without notes and words of our own. */
function publishShape(rest: SchemaNode, definitions: Map<string, JsonSchema>): JsonSchema {
  const { words: _w, tsType: _t, tsKeys: _k, byDefault: _b, sameAs: _s, hidden: _h, forms: _f, ...shape } = rest;
  const { items, anyOf, additionalProperties } = shape;
  return {
    ...shape,
    ...(items === undefined ? {} : { items: publish(items, definitions) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((form) => publish(form, definitions)) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: publish(additionalProperties, definitions) }
      : {}),
  };
}
