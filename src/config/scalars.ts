/** The building blocks of the schema: strict objects that know their keys, and values that say how to fix them. */
import { z } from 'zod';
import { cureBareValue } from './bare-values.ts';
import { closestName, didYouMean, listNames } from './closest-name.ts';
import { type SchemaNode, note, notesOf } from './described.ts';
import { Mistake } from './errors.ts';
import { cureForeignKey, toWord } from './foreign-keys.ts';
import { NAME_PATTERN } from './names.ts';
import {
  BYTE_RATE_PATTERN,
  DURATION_PATTERN,
  PERCENT_PATTERN,
  RATE_PATTERN,
  SIZE_PATTERN,
  describeValue,
  parseByteRate,
  parseDuration,
  parsePercent,
  parseRate,
  parseSize,
} from './units.ts';

/**
 * A value read by a function that answers the result, or what is wrong with it and the cure. `notes` says the same
 * to those who do not run the function: JSON Schema, the reference, the compiler.
 */
export function scalar<T>(parse: (value: unknown) => T | Mistake, notes: SchemaNode) {
  const schema = z.unknown().transform((value, context): T => {
    const result = parse(value);
    if (!(result instanceof Mistake)) return result;
    context.issues.push({ code: 'custom', message: result.message, params: { cure: result.cure }, input: value });
    return z.NEVER;
  });
  return note(schema, notes);
}

/** Reads a value with another schema, chosen while reading; its issues become those of the value, or of what lies at `path` in it. */
export function readWith<T extends z.ZodType>(
  schema: T,
  value: unknown,
  context: z.RefinementCtx,
  path: readonly string[] = [],
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    context.issues.push({ ...issue, path: [...path, ...issue.path], input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
}

const OFF: SchemaNode = { enum: ['off', false], words: '`off`', tsType: 'Off' };

/** `off`, or what the schema reads. */
export function orOff<T extends z.ZodType, O>(schema: T, off: O) {
  const either = z.unknown().transform((value, context): z.output<T> | O => {
    if (isOff(value)) return off;
    if (typeof value !== 'string' || closestName(value, ['off']) === null) return readWith(schema, value, context);
    const mistake = notOneOf(value, ['off'], 'Write off.');
    context.issues.push({ code: 'custom', message: mistake.message, params: { cure: mistake.cure }, input: value });
    return z.NEVER;
  });
  return note(either, { forms: [schema, OFF], words: 'map or `off`' });
}

/**
 * A map with these keys and no others. The message of an unknown key holds the cure of each, a line a key; that of a
 * value that is no map, the cure.
 */
export function object<S extends z.core.$ZodLooseShape>(shape: S, title?: string) {
  const names = shownKeys(shape);
  const schema = z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return cureUnknownKeys(issue.keys, names, title);
      return issue.code === 'invalid_type' ? cureNoMap(issue.input, title) : undefined;
    },
  });
  return title === undefined ? schema : note(schema, { title, words: 'map' });
}

/** What to write for a value where a map belongs, by the title of the map or its key. */
export function cureNoMap(value: unknown, title = ''): string {
  return cureBareValue(value, title) ?? 'Write a map of keys and values.';
}

/** What keys of a map say against each other. */
export interface Rule<Written> {
  /** Whether it is kept, as far as the keys can be read; one that is written and wrong is neither undefined nor of its type. */
  readonly isKept: (written: Written) => boolean;
  readonly message: string;
  readonly cure: string;
  /** Where it shows, from the map on. */
  readonly path: readonly string[];
}

/** The schema of a map with a rule, which a mistake in another key does not hide. */
export function withRule<T extends z.ZodType<object>>(schema: T, rule: Rule<z.output<T>>): T {
  const { isKept, message, cure, path } = rule;
  const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null;
  return schema.refine((written) => !isMap(written) || isKept(written), {
    when: () => true,
    error: message,
    params: { cure, isRule: true },
    path: [...path],
  });
}

/** Those that somebody should write. */
export function shownKeys(shape: z.core.$ZodLooseShape): readonly string[] {
  return Object.keys(shape).filter((name) => notesOf(shape[name] as z.ZodType).hidden !== true);
}

function cureUnknownKeys(keys: readonly string[], names: readonly string[], title?: string): string {
  return keys.map((name) => cureUnknownKey(name, names, title)).join('\n');
}

/** A word of another program first: the nearest of ours may mean something else. `title` is that of the map. */
export function cureUnknownKey(name: string, names: readonly string[], title = ''): string {
  const respelled = names.find((each) => toWord(each) === toWord(name));
  if (respelled !== undefined) return `Did you mean ${JSON.stringify(respelled)}?`;
  const glued = /^([\w$-]+):(.+)$/.exec(name);
  if (glued !== null && names.includes(glued[1]))
    return `Write ${glued[1]}: ${glued[2]}, with a space after the colon.`;
  return cureForeignKey(name, title) ?? didYouMean(name, names, `Use ${listNames(names)}, or take it out.`);
}

/** A schema whose map has shorter ways to be written; `toLong` leaves everything else as it is. */
export function shortForm<T extends z.ZodType>(
  schema: T,
  toLong: (value: unknown) => unknown,
  ...short: readonly (SchemaNode | z.ZodType)[]
) {
  return note(z.preprocess(toLong, schema), { forms: [schema, ...short] });
}

const DURATION: SchemaNode = { type: 'string', pattern: DURATION_PATTERN, words: 'duration', tsType: 'Duration' };
const SIZE: SchemaNode = { type: 'string', pattern: SIZE_PATTERN, words: 'size', tsType: 'Size' };

const PERCENT: SchemaNode = { type: 'string', pattern: PERCENT_PATTERN, words: 'share', tsType: 'Percent' };

export const duration = scalar(parseDuration, DURATION);

/** `off` is 0. */
function numberOrOff(value: unknown, parse: (value: unknown) => number | Mistake): number | Mistake {
  if (isOff(value)) return 0;
  const number = parse(value);
  if (typeof number === 'number' || typeof value !== 'string') return number;
  return new Mistake(number.message, didYouMean(value, ['off'], number.cure));
}

/** A time, or `off`: 0. */
export const durationOrOff = scalar((value) => numberOrOff(value, parseDuration), {
  anyOf: [DURATION, OFF],
  words: 'duration or `off`',
});
/** A share of something, in percent. */
export const percent = scalar(parsePercent, PERCENT);
/** A share of something, in percent; `off` is 0. */
export const percentOrOff = scalar((value) => numberOrOff(value, parsePercent), {
  anyOf: [PERCENT, OFF],
  words: 'share or `off`',
});
/** So many each second; `off` is 0. */
export const rateOrOff = scalar((value) => numberOrOff(value, parseRate), {
  anyOf: [{ type: 'string', pattern: RATE_PATTERN, words: 'rate', tsType: 'Rate' }, OFF],
  words: 'rate or `off`',
});
/** So many bytes each second; `off` is 0. */
export const byteRateOrOff = scalar((value) => numberOrOff(value, parseByteRate), {
  anyOf: [{ type: 'string', pattern: BYTE_RATE_PATTERN, words: 'bytes a second', tsType: 'ByteRate' }, OFF],
  words: 'bytes a second or `off`',
});
export const size = scalar(parseSize, SIZE);
/** A size, or `off`: 0. */
export const sizeOrOff = scalar((value) => numberOrOff(value, parseSize), {
  anyOf: [SIZE, OFF],
  words: 'size or `off`',
});

/** A size, or `auto`. */
export const sizeOrAuto = scalar(
  (value): number | 'auto' | Mistake => {
    if (value === 'auto') return value;
    const bytes = parseSize(value);
    if (typeof bytes === 'number' || typeof value !== 'string') return bytes;
    return new Mistake(bytes.message, didYouMean(value, ['auto'], bytes.cure));
  },
  { anyOf: [{ const: 'auto' }, SIZE], words: '`auto` or a size' },
);

/** A share of something, in percent, or `auto`. */
export const percentOrAuto = scalar(
  (value): number | 'auto' | Mistake => {
    if (value === 'auto') return value;
    const percent = parsePercent(value);
    if (typeof percent === 'number' || typeof value !== 'string') return percent;
    return new Mistake(percent.message, didYouMean(value, ['auto'], percent.cure));
  },
  { anyOf: [{ const: 'auto' }, PERCENT], words: '`auto` or a share' },
);

/** A time, `auto` or `off`. */
export const durationAutoOrOff = scalar(
  (value): number | 'auto' | 'off' | Mistake => {
    if (value === 'auto') return value;
    if (isOff(value)) return 'off';
    const ms = parseDuration(value);
    if (typeof ms === 'number' || typeof value !== 'string') return ms;
    return new Mistake(ms.message, didYouMean(value, ['auto', 'off'], ms.cure));
  },
  { anyOf: [{ const: 'auto' }, DURATION, OFF], words: '`auto`, a duration or `off`' },
);

/** A whole number from `min` to `max`. */
export function count(min: number, max: number) {
  return scalar((value) => parseCount(value, min, max), countNode(min, max));
}

function countNode(min: number, max: number): SchemaNode {
  const words = max >= MOST ? `number, at least ${min}` : `${min} to ${max}`;
  return { type: 'integer', minimum: min, maximum: max, words };
}

export function parseCount(value: unknown, min: number, max: number): number | Mistake {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max >= MOST ? `of at least ${min}` : `from ${min} to ${max}`;
  return new Mistake(`${describeValue(value)} is not a whole number ${range}`, `Write a whole number ${range}.`);
}

/** Larger than anything that is counted here. */
export const MOST = 1_000_000_000;

/** A count, or `off`: 0. */
export function countOrOff(max = MOST) {
  return scalar((value) => numberOrOff(value, (number) => parseCount(number, 1, max)), {
    anyOf: [countNode(1, max), OFF],
    words: 'number or `off`',
  });
}

/** `auto`, or a whole number; `noun` says of what. */
export function countOrAuto(min: number, max: number, noun: string) {
  const range = max >= MOST ? `of at least ${min}` : `from ${min} to ${max}`;
  const parse = (value: unknown): number | 'auto' | Mistake => {
    if (value === 'auto') return value;
    const number = parseCount(value, min, max);
    if (typeof number === 'number') return number;
    const otherwise = `Write auto, or a whole number ${range}.`;
    const cure = typeof value === 'string' ? didYouMean(value, ['auto'], otherwise) : otherwise;
    return new Mistake(`${describeValue(value)} is not a number of ${noun}`, cure);
  };
  const words = max >= MOST ? '`auto` or a number' : `\`auto\` or ${min} to ${max}`;
  return scalar(parse, { anyOf: [{ const: 'auto' }, countNode(min, max)], words });
}

/** `on` or `off`; true and false as well. */
export const toggle = scalar(
  (value) => {
    if (value === 'on' || value === true) return true;
    return isOff(value) ? false : new Mistake(`${describeValue(value)} is neither on nor off`, cureToggle(value));
  },
  { enum: ['on', 'off', true, false], words: '`on`, `off`', tsType: 'Toggle' },
);

/** Words of other formats; `no` is as near to `on` as a slip would be. */
const OTHER_TOGGLES: Readonly<Record<string, string>> = {
  yes: 'on',
  true: 'on',
  enabled: 'on',
  required: 'on',
  no: 'off',
  false: 'off',
  disabled: 'off',
  none: 'off',
  optional: 'off',
};

function cureToggle(value: unknown): string {
  if (typeof value !== 'string') return 'Write on or off.';
  const meant = Object.hasOwn(OTHER_TOGGLES, value) ? OTHER_TOGGLES[value] : null;
  return meant === null ? didYouMean(value, ['off', 'on'], 'Write on or off.') : `Write ${meant}.`;
}

/**
 * One of a few words. `noun` says what they name; without one the key says it. `cureForeign` says what a word of another
 * program is here, or null.
 */
export function oneOf<const N extends string>(
  names: readonly N[],
  noun?: string,
  cureForeign: (word: string) => string | null = () => null,
) {
  const parse = (value: unknown): N | Mistake => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const mistake = notOneOf(value, names, `Use ${listNames(names)}.`, noun);
    const cure = typeof value === 'string' ? cureForeign(value) : null;
    return cure === null ? mistake : new Mistake(mistake.message, cure);
  };
  return scalar(parse, { enum: names, words: names.map((name) => `\`${name}\``).join(', ') });
}

/** What is wrong with a word that is none of these. */
export function notOneOf(value: unknown, names: readonly string[], otherwise: string, noun?: string): Mistake {
  const isWord = typeof value === 'string';
  const message =
    isWord && noun !== undefined
      ? `unknown ${noun} ${describeValue(value)}`
      : `${describeValue(value)} is not possible here`;
  return new Mistake(message, isWord ? didYouMean(value, names, otherwise) : otherwise);
}

/** Characters of a method, a header name, a cookie name, a protocol (RFC 9110 5.6.2). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a header line can hold: visible ASCII, blanks within. */
export const FIELD_VALUE = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;

export function isOff(value: unknown): boolean {
  return value === 'off' || value === false;
}

function toList(value: unknown): unknown {
  return Array.isArray(value) || value === undefined ? value : [value];
}

/** One item or a list of them, as a list. */
export function listOf<T extends z.ZodType>(item: T, words = 'list') {
  const list = z.array(item);
  return note(z.preprocess(toList, list), { forms: [list, item], words });
}

/** The same where a single item is the ordinary case, and `off` is none. */
export function oneOrMore<T extends z.ZodType>(item: T, words: string) {
  const list = z.array(item);
  const toItems = (value: unknown): unknown => (isOff(value) ? [] : toList(value));
  return note(z.preprocess(toItems, list), { forms: [item, list, OFF], words });
}

/** A map of things by the names that people give them; `tsKeys` is the TypeScript type of these names. */
export function named<T extends z.ZodType>(item: T, words: string, tsKeys = 'string') {
  const notes = { propertyNames: { pattern: NAME_PATTERN }, minProperties: 1, words, tsKeys };
  return note(z.record(z.string(), item), notes);
}
