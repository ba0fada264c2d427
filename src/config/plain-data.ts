/** Takes a value that code has made, and keeps only what a config file could contain. */
import { Mistake, type Problem } from './errors.ts';

export type PlainData = { readonly value: unknown } | { readonly problems: readonly Problem[] };

type Path = readonly (string | number)[];

/** A deeper value is not a config. */
const MOST_LEVELS = 100;

/** A copy of the value as maps, lists, text, numbers, truth values and null; a URL becomes its text. */
export function toPlainData(value: unknown): PlainData {
  const problems: Problem[] = [];
  const plain = copy(value, [], new Set(), problems);
  return problems.length > 0 ? { problems } : { value: plain };
}

function copy(value: unknown, path: Path, above: Set<unknown>, problems: Problem[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    return value;
  }
  if (value instanceof URL) return value.href;
  const mistake = refuse(value, above);
  if (mistake !== null || typeof value !== 'object') {
    if (mistake !== null) problems.push({ path, mistake });
    return null;
  }
  above.add(value);
  const plain = Array.isArray(value)
    ? value.map((item, index) => copy(item, [...path, index], above, problems))
    : copyMap(value, path, above, problems);
  above.delete(value);
  return plain;
}

/** A key whose value is undefined counts as not written. */
function copyMap(value: object, path: Path, above: Set<unknown>, problems: Problem[]): object {
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, copy(inner, [...path, key], above, problems)]));
}

function refuse(value: unknown, above: ReadonlySet<unknown>): Mistake | null {
  if (typeof value === 'function') {
    return new Mistake(
      'there is a function in a place of data',
      'Write the value; functions cannot reach the threads.',
    );
  }
  if (typeof value !== 'object' || value === null) {
    return new Mistake(
      `there is a value of type ${typeof value}`,
      'Write text, a number, true, false, a list or a map.',
    );
  }
  if (above.has(value)) return new Mistake('this value holds itself', 'Write plain data.');
  if (above.size >= MOST_LEVELS) return new Mistake('the value is nested too deeply', 'Write plain data.');
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value) || prototype === null || isObjectPrototype(prototype)) return null;
  const name = value.constructor.name === '' ? 'a class' : value.constructor.name;
  return new Mistake(`there is an instance of ${name} in a place of data`, 'Write plain maps, lists and values.');
}

/** Of this realm or of another. */
function isObjectPrototype(prototype: unknown): boolean {
  return prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
