/** The building blocks of the schema: strict objects that know their keys, and values that say how to mend them. */
import { z } from 'zod';
import { didYouMean, listNames } from './closest-name.ts';
import { Mistake } from './errors.ts';
import { describeValue, parseDuration, parseSize } from './units.ts';

/** A value read by a function that answers the result, or what is wrong with it and the cure. */
export function scalar<T>(parse: (value: unknown) => T | Mistake) {
  return z.unknown().transform((value, context): T => {
    const result = parse(value);
    if (!(result instanceof Mistake)) return result;
    context.issues.push({ code: 'custom', message: result.message, params: { cure: result.cure }, input: value });
    return z.NEVER;
  });
}

/** Reads a value with another schema, chosen while reading; its issues become those of the value. */
export function readWith<T extends z.ZodType>(schema: T, value: unknown, context: z.RefinementCtx): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
}

/** `off`, or what the schema reads. */
export function orOff<T extends z.ZodType>(schema: T, off: z.output<T>) {
  return z
    .unknown()
    .transform((value, context): z.output<T> => (isOff(value) ? off : readWith(schema, value, context)));
}

/** A map with these keys and no others. The message of an unknown key holds the cure of each, a line a key. */
export function object<S extends z.core.$ZodLooseShape>(shape: S) {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? cureUnknownKeys(issue.keys, names) : undefined),
  });
}

function cureUnknownKeys(keys: readonly string[], names: readonly string[]): string {
  return keys.map((key) => cureUnknownKey(key, names)).join('\n');
}

export function cureUnknownKey(key: string, names: readonly string[]): string {
  return didYouMean(key, names, `Use ${listNames(names)}, or take it out.`);
}

export const duration = scalar(parseDuration);
/** A time, or `off`: 0. */
export const durationOrOff = scalar((value) => (isOff(value) ? 0 : parseDuration(value)));
export const size = scalar(parseSize);
/** A size, or `off`: 0. */
export const sizeOrOff = scalar((value) => (isOff(value) ? 0 : parseSize(value)));

/** A whole number from `min` to `max`. */
export function count(min: number, max: number) {
  return scalar((value) => parseCount(value, min, max));
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
  return scalar((value) => (isOff(value) ? 0 : parseCount(value, 1, max)));
}

/** `on` or `off`; true and false as well. */
export const toggle = scalar((value) => {
  if (value === 'on' || value === true) return true;
  return isOff(value) ? false : new Mistake(`${describeValue(value)} is neither on nor off`, 'Write on or off.');
});

/** One of a few words. */
export function oneOf<const N extends string>(names: readonly N[]) {
  return scalar((value): N | Mistake => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const otherwise = `Use ${listNames(names)}.`;
    const cure = typeof value === 'string' ? didYouMean(value, names, otherwise) : otherwise;
    return new Mistake(`${describeValue(value)} is not possible here`, cure);
  });
}

/** Characters of a method, a header name, a cookie name, a protocol (RFC 9110 5.6.2). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a header line can hold: visible ASCII, blanks within. */
export const FIELD_VALUE = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;

export function isOff(value: unknown): boolean {
  return value === 'off' || value === false;
}

/** One item or a list of them, as a list. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), z.array(item));
}
