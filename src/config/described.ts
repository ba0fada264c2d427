/**
 * What a schema says besides how it reads a value. JSON Schema, the reference in docs/, the types of a written config
 * and `fairlead config --defaults` are all made from it, so a key is described once, where it is read:
 *
 *     attempts: key(count(1, 100).prefault(3), { description: 'All attempts, the first included.', example: 2 }),
 *
 * A default stands in `prefault`, as a person writes it (`'5s'`): zod reads it as if it had been written.
 */
import { z } from 'zod';

/** A JSON Schema (draft 2020-12) as far as it is used here, and some words of our own that never leave this room. */
export interface SchemaNode {
  /** Of a map: its name in PascalCase; `<title>Input` is its TypeScript type. A map without one has no keys to document. */
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** One of these keys has to be there; mostly it is the first. */
  readonly oneRequired?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly minProperties?: number;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly anyOf?: readonly SchemaNode[];
  readonly default?: unknown;
  /** Written as in YAML. */
  readonly example?: unknown;
  /** The type in words: `duration`, `0 to 1000`. */
  readonly words?: string;
  /** The TypeScript type, where the JSON Schema says less. */
  readonly tsType?: string;
  /** Of a map by names: the TypeScript type of the names. */
  readonly tsKeys?: string;
  /** The default in words, if it is not a value that could be written. */
  readonly byDefault?: string;
  /** The same key elsewhere, which is documented there: `pools.*.retry`. */
  readonly sameAs?: string;
  /** A key that is known only to say where it belongs. */
  readonly hidden?: boolean;
  /** Several ways to write a value, the one that is documented first. */
  readonly forms?: readonly (SchemaNode | z.ZodType)[];
}

/** For `z.toJSONSchema`. Its type is wide, since zod looks for schemas in the type of a note. */
export const schemaNotes = z.registry<Record<string, unknown>>();

export function notesOf(schema: z.ZodType): SchemaNode {
  return schemaNotes.get(schema) ?? {};
}

/** The same schema with notes; those that it has already stay. The schema given is not changed: it may be shared. */
export function note<T extends z.ZodType>(schema: T, notes: SchemaNode): T {
  const copy = schema.clone();
  schemaNotes.add(copy, { ...notesOf(schema), ...notes });
  return copy;
}

export interface KeyNotes {
  /** What it means, in one or two sentences. */
  readonly description: string;
  /** A value as it is written in YAML. */
  readonly example: unknown;
  /** The default in words, if it is not a value that could be written: `the endpoint's`. */
  readonly byDefault?: string;
  /** The type in words, if those of the value say too little: `name of a pool`. */
  readonly words?: string;
  readonly sameAs?: string;
}

/** A key of a map: how its value is read, and what it means to a person. */
export function key<T extends z.ZodType>(schema: T, notes: KeyNotes): T {
  return note(schema, notes);
}
