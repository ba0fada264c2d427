/** The JSON Schema of a config, for editors: completion, meanings, and mistakes while typing. */
import type { SchemaNode } from './described.ts';
import { isSection, schemaTree } from './schema-tree.ts';

/** A JSON Schema or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** It is only a name, not an address to fetch. */
const ID = 'urn:fairlead:config';

/**
 * A reference to an environment variable in place of any value that is not free text: it is replaced before the config
 * is read.
 */
const FROM_ENVIRONMENT: JsonSchema = {
  description: 'A value of the environment: ${NAME}, or ${NAME:-default}.',
  type: 'string',
  pattern: '\\$\\{[A-Za-z_]',
};

/** Draft 2020-12. Maps that have a name stand under `$defs`; everything else is where it is used. */
export function configJsonSchema(): JsonSchema {
  const definitions = new Map<string, JsonSchema>([['FromEnvironment', FROM_ENVIRONMENT]]);
  publish(schemaTree(), definitions);
  const { Config, Policy, ...others } = Object.fromEntries(definitions);
  const { oneOf: _, ...config } = Config;
  // What a pool leaves out of its own map comes from `defaults`.
  const { required: __, ...policy } = Policy;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: ID,
    ...config,
    // If a config is spread over files, its pools may be in another one. One that only redirects has none.
    anyOf: [{ required: ['pools'] }, { required: ['routes'] }, { required: ['include'] }],
    title: 'Fairlead config',
    description: 'A config of the Fairlead load balancer: listeners, routes and pools of endpoints.',
    $defs: { ...others, Policy: policy },
  };
}

/** A value where it is used, with the description of its key. */
function publish(node: SchemaNode, definitions: Map<string, JsonSchema>): JsonSchema {
  const { description, default: byDefault, example } = node;
  return {
    ...(description === undefined ? {} : { description }),
    ...publishValue(node, definitions),
    ...(byDefault === undefined || node.byDefault !== undefined || isSection(node) ? {} : { default: byDefault }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

function publishValue(node: SchemaNode, definitions: Map<string, JsonSchema>): JsonSchema {
  const forms = (node.anyOf ?? [node]).map((form) => publishForm(form, definitions));
  const isNarrow = forms.some(isNarrowScalar) && !forms.some(isAnyText);
  const all = isNarrow ? [...forms, { $ref: '#/$defs/FromEnvironment' }] : forms;
  return all.length === 1 ? all[0] : { anyOf: all };
}

/** One way to write a value. */
function publishForm(form: SchemaNode, definitions: Map<string, JsonSchema>): JsonSchema {
  const { title, properties, items, additionalProperties, oneRequired, ...rest } = form;
  const { description: _d, default: _def, example: _e, words: _w, byDefault: _b, sameAs: _s, ...others } = rest;
  const { tsType: _t, tsKeys: _k, hidden: _h, forms: _f, anyOf: _a, ...keywords } = others;
  const shape = {
    ...keywords,
    ...(items === undefined ? {} : { items: publish(items, definitions) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object'
              ? publish(additionalProperties, definitions)
              : additionalProperties,
        }),
    ...(properties === undefined ? {} : { properties: publishKeys(properties, definitions) }),
    ...(oneRequired === undefined ? {} : { oneOf: oneRequired.map((name) => ({ required: [name] })) }),
  };
  if (title === undefined) return shape;
  definitions.set(title, { title, ...shape });
  return { $ref: `#/$defs/${title}` };
}

function publishKeys(
  properties: NonNullable<SchemaNode['properties']>,
  definitions: Map<string, JsonSchema>,
): JsonSchema {
  return Object.fromEntries(Object.entries(properties).map(([name, node]) => [name, publish(node, definitions)]));
}

function isAnyText({ type, pattern }: JsonSchema): boolean {
  return type === 'string' && pattern === undefined;
}

function isNarrowScalar(form: JsonSchema): boolean {
  return 'enum' in form || 'const' in form || ['string', 'integer', 'number'].includes(String(form['type']));
}
