/** What is said of keys that stand at the wrong depth, and where they belong. */
import { Mistake } from './errors.ts';

type Path = readonly (string | number)[];

const ONE_OF: Readonly<Record<string, string>> = { pools: 'a pool', listeners: 'a listener', routes: 'a route' };
/** What each of them has to have, as its first line. */
const FIRST: Readonly<Record<string, string>> = {
  pools: 'endpoints: [localhost:8081]',
  listeners: 'address: 127.0.0.1:8080',
};

/** They belong to an empty key above them, `depth` levels further in. */
export function belongsBelow(
  names: readonly string[],
  { path, depth, isList }: { readonly path: Path; readonly depth: number; readonly isList: boolean },
): Mistake {
  const owner = nameOf(path);
  const message = `${list(names)} ${names.length === 1 ? 'belongs' : 'belong'} to ${owner}, which is empty`;
  if (!isList) return new Mistake(message, indent(names, owner, depth));
  const others = names.length === 1 ? '' : ', and two more spaces before the others';
  return new Mistake(message, `Put a dash and a space before "${names[0]}"${others}.`);
}

/** They belong to the pool or the listener above them (null: there is none), which was written as `value`. */
export function belongsBeside(
  names: readonly string[],
  kind: string | number,
  above: string | null,
  value: unknown,
): Mistake {
  const isOne = names.length === 1;
  const what = `${list(names)} ${isOne ? 'is a key' : 'are keys'} of ${ONE_OF[kind]}`;
  if (above === null) {
    const cure = `Write a name above, e.g. web:, and put two more spaces before ${isOne ? 'it' : 'each'}.`;
    return new Mistake(`${what}, and there is no name above ${isOne ? 'it' : 'them'}`, cure);
  }
  const message = `${what} and ${isOne ? 'stands' : 'stand'} beside "${above}"`;
  const isMap = value === null || (typeof value === 'object' && !Array.isArray(value));
  if (isMap) return new Mistake(message, indent(names, `"${above}"`, 1));
  const cure = `Write "${above}" as a map, e.g. ${FIRST[kind]}, and ${list(names)} below that.`;
  return new Mistake(message, cure);
}

/** It stands within a map (`path`) and is a key of one around it (`owner`). */
export function belongsAbove(name: string, path: Path, owner: Path): Mistake {
  const beside = `beside "${path[owner.length]}"`;
  const message = `"${name}" is a key of ${nameOf(owner)}, not of ${nameOf(path.length === 1 ? [...path, ''] : path)}`;
  const isTop = owner.length === 0;
  return new Mistake(message, `Write it ${isTop ? `at the top level, ${beside}` : `${beside}, as far in as that`}.`);
}

/** It stands within a map (`path`) and is a key of what the list (`listPath`) above it holds, whose last item has `beside`. */
export function belongsToItem(name: string, path: Path, listPath: Path, beside: string | null): Mistake {
  const message = `"${name}" is a key of ${itemName(listPath)}, not of ${nameOf(path)}`;
  if (beside === null) return new Mistake(message, `Write the last item of the list as a map, with "${name}" in it.`);
  return new Mistake(message, `Indent it as far as "${beside}" is, if it belongs to the last item of the list.`);
}

/** A list (`listPath`) has an item of which `missing` is said nowhere; it may be the rest of the one above. */
export function dashTooMany(listPath: Path, name: string, missing: string): Mistake {
  const message = `a dash begins another ${itemName(listPath).replace(/^an? /, '')}, and this one has no "${missing}"`;
  return new Mistake(
    message,
    `Put a space in place of the dash if "${name}" belongs to the item above, else add "${missing}".`,
  );
}

function itemName(listPath: Path): string {
  const key = String(listPath.at(-1));
  return listPath.length === 1
    ? (ONE_OF[key] ?? `"${key}"`)
    : key === 'endpoints'
      ? 'an endpoint'
      : `an item of "${key}"`;
}

function indent(names: readonly string[], owner: string, depth: number): string {
  const blanks = ['no', 'two', 'four', 'six', 'eight'][depth] ?? String(2 * depth);
  return `Indent what belongs to ${owner}: put ${blanks} more spaces before ${names.length === 1 ? 'it' : 'each'}.`;
}

function nameOf(path: Path): string {
  if (path.length === 0) return 'the whole config';
  const last = path.findLast((each) => typeof each === 'string');
  return path.length === 2 && (typeof path[1] === 'number' || path[1] === '')
    ? (ONE_OF[path[0]] ?? `"${last}"`)
    : `"${last}"`;
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}
