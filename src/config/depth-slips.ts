/**
 * Keys that stand at the wrong depth. To YAML a key that is indented too little is one more pool, or a key of the map
 * around it, and what it should belong to is empty: many mistakes, of which none says what happened.
 */
import { closestName } from './closest-name.ts';
import { belongsAbove, belongsBelow, belongsBeside, belongsToItem, dashTooMany } from './depth-words.ts';
import type { SchemaNode } from './described.ts';
import type { Mistake, Problem } from './errors.ts';
import { cureForeignKey } from './foreign-keys.ts';
import { documentedMap, itemOf, schemaTree } from './schema-tree.ts';
import { type WrittenMap, isWrittenMap } from './written.ts';

type Path = readonly (string | number)[];
type Keys = Readonly<Record<string, SchemaNode>>;

/** What is known of the mistakes of a place. */
interface Mistakes {
  /** There is one, there or below. */
  readonly isWrong: (path: Path) => boolean;
  /** There is no such key. */
  readonly isUnknown: (path: Path) => boolean;
}

/** A map that was written, the keys that it may have, and the one around it. */
interface Level {
  readonly path: Path;
  readonly written: WrittenMap;
  readonly keys: Keys;
  readonly title: string;
  readonly outer: Level | null;
}

interface Slip {
  readonly problem: Problem;
  /** What is said of these places, and of those below them, follows from it. */
  readonly follows: readonly Path[];
}

/** The problems of a written config; those that come of a wrong depth are told as one that says so. */
export function explainDepths(written: WrittenMap, problems: readonly Problem[]): readonly Problem[] {
  const unknown = new Set(problems.filter(({ atKey }) => atKey === true).map(({ path }) => JSON.stringify(path)));
  const wrong = new Set(problems.flatMap(({ path }) => startsOf(path)));
  const slips = slipsBelow(written, schemaTree(), [], null, {
    isWrong: (path) => wrong.has(JSON.stringify(path)),
    isUnknown: (path) => unknown.has(JSON.stringify(path)),
  });
  const follows = new Set(slips.flatMap((slip) => slip.follows.map((place) => JSON.stringify(place))));
  const others = problems.filter(({ path }) => !startsOf(path).some((start) => follows.has(start)));
  return [...slips.map(({ problem }) => problem), ...others];
}

/** A place and every place around it, written out. */
function startsOf(path: Path): readonly string[] {
  return path.map((_, i) => JSON.stringify(path.slice(0, i + 1)));
}

function slipAt(path: Path, mistake: Mistake, follows: readonly Path[]): Slip {
  return { problem: { path, atKey: true, mistake }, follows };
}

function slipsBelow(
  value: unknown,
  node: SchemaNode,
  path: Path,
  outer: Level | null,
  mistakes: Mistakes,
): readonly Slip[] {
  const map = documentedMap(node);
  if (map === null) return [];
  const item = map.properties === undefined ? itemOf(map) : null;
  if (Array.isArray(value)) {
    const { isWrong } = mistakes;
    return value.flatMap((each, i) => {
      const place = [...path, i];
      const slip = isWrong(place) ? dashSlip(value[i - 1], each, item ?? map, place) : null;
      return slip === null ? slipsBelow(each, item ?? map, place, outer, mistakes) : [slip];
    });
  }
  if (!isWrittenMap(value)) return [];
  const level = { path, written: value, keys: (item ?? map).properties ?? {}, title: map.title ?? '', outer };
  const slips = item === null ? slipsOfKeys(level, mistakes) : path.length === 1 ? slipsOfNames(level, mistakes) : [];
  const places = new Set(slips.flatMap(({ follows }) => follows.map((place) => JSON.stringify(place))));
  const inner = Object.entries(value).flatMap(([key, each]) => {
    const at = [...path, key];
    if (places.has(JSON.stringify(at))) return [];
    if (item !== null) return slipsBelow(each, item, at, outer, mistakes);
    return Object.hasOwn(level.keys, key) ? slipsBelow(each, level.keys[key], at, level, mistakes) : [];
  });
  return [...slips, ...inner];
}

/** An item of a list that has none of the keys it must have, and only keys that the one before it may have and has not. */
function dashSlip(
  before: unknown,
  value: unknown,
  { properties = {}, required = [], oneRequired = [] }: SchemaNode,
  path: Path,
): Slip | null {
  if (!isWrittenMap(before) || !isWrittenMap(value)) return null;
  const names = Object.keys(value);
  const isOneThere = oneRequired.some((name) => names.includes(name));
  const missing = [...required, ...(isOneThere ? [] : oneRequired)].find((name) => !names.includes(name));
  const isRest = names.every((name) => Object.hasOwn(properties, name) && !Object.hasOwn(before, name));
  if (missing === undefined || names.length === 0 || !isRest) return null;
  return slipAt([...path, names[0]], dashTooMany(path.slice(0, -1), names[0], missing), [path]);
}

/** Keys that a map does not have: of the empty one above them, or of a map around it. */
function slipsOfKeys(level: Level, { isUnknown }: Mistakes): readonly Slip[] {
  const { path, written, keys, title } = level;
  const below = new Map<string, { readonly empty: Empty; readonly names: string[] }>();
  const slips: Slip[] = [];
  // The last known key above: it, or the last one within it, may be empty and be the place for what follows.
  let open: Empty | null = null;
  let above: string | null = null;
  for (const name of Object.keys(written)) {
    if (Object.hasOwn(keys, name)) {
      open = emptyEnd(written[name], keys[name], [...path, name], 1);
      above = name;
      continue;
    }
    if (!isUnknown([...path, name])) continue;
    const outOfList = above === null ? null : itemSlip(level, above, name);
    if (outOfList !== null) {
      slips.push(outOfList);
      continue;
    }
    const empty: Empty | null = open !== null && Object.hasOwn(open.keys, name) ? open : null;
    if (empty !== null) {
      const group = below.get(JSON.stringify(empty.path)) ?? { empty, names: [] };
      group.names.push(name);
      below.set(JSON.stringify(empty.path), group);
      continue;
    }
    const isMeant = cureForeignKey(name, title) !== null || closestName(name, Object.keys(keys)) !== null;
    const owner = isMeant ? null : ownerOf(name, level.outer);
    if (owner !== null) slips.push(tooFarIn(path, name, owner));
  }
  for (const { empty, names } of below.values()) {
    const places = names.map((name) => [...path, name]);
    slips.push(slipAt(places[0], belongsBelow(names, empty), [...places, empty.path]));
  }
  return slips;
}

/** A key that is none of this map, below a list whose last item could have it. */
function itemSlip({ path, written, keys, title }: Level, above: string, name: string): Slip | null {
  const list = written[above];
  const map = documentedMap(keys[above]);
  const node = map === null || map.properties !== undefined ? map : itemOf(map);
  const last: unknown = Array.isArray(list) ? list.at(-1) : undefined;
  if (last === undefined || node?.properties?.[name] === undefined) return null;
  const listPath = [...path, above];
  if (!isWrittenMap(last)) return slipAt([...path, name], belongsToItem(name, path, listPath, null), [[...path, name]]);
  const isMissing = node.required?.includes(name) === true || node.oneRequired?.[0] === name;
  const isMeant = cureForeignKey(name, title) !== null || closestName(name, Object.keys(keys)) !== null;
  if (Object.hasOwn(last, name) || (isMeant && !isMissing)) return null;
  const item = [...listPath, (list as readonly unknown[]).length - 1];
  const [beside = above] = Object.keys(last);
  return slipAt([...path, name], belongsToItem(name, path, listPath, beside), [
    [...path, name],
    [...item, name],
  ]);
}

function tooFarIn(path: Path, name: string, owner: Level): Slip {
  const follows = [
    [...path, name],
    [...owner.path, name],
  ];
  return slipAt([...path, name], belongsAbove(name, path, owner.path), follows);
}

/** Nobody slips by two maps, but what is meant for everything may be written anywhere. */
function ownerOf(name: string, outer: Level | null): Level | null {
  let root = outer;
  while (root !== null && root.outer !== null) root = root.outer;
  return [outer, root].find((each) => each !== null && Object.hasOwn(each.keys, name)) ?? null;
}

/** A key without a value, to which others may belong. */
interface Empty {
  readonly path: Path;
  /** Levels from the map that is looked at to what belongs to it. */
  readonly depth: number;
  readonly isList: boolean;
  /** What may belong to it. */
  readonly keys: Keys;
}

/** What is empty at the end of a value, and may have keys. */
function emptyEnd(value: unknown, node: SchemaNode, path: Path, depth: number): Empty | null {
  const map = documentedMap(node);
  const item = map === null || map.properties !== undefined ? null : itemOf(map);
  if (value === null) {
    const isList = map?.items !== undefined;
    const keys = isList ? item?.properties : map?.properties;
    return keys === undefined ? null : { path, depth, isList, keys };
  }
  const last = isWrittenMap(value) ? Object.keys(value).at(-1) : undefined;
  if (last === undefined || !isWrittenMap(value)) return null;
  const keys = map?.properties ?? {};
  const inner = item ?? (Object.hasOwn(keys, last) ? keys[last] : null);
  return inner === null ? null : emptyEnd(value[last], inner, [...path, last], depth + 1);
}

/** Names of pools and listeners that are keys of one and belong to that above them, or keys of the whole config. */
function slipsOfNames({ path, written, keys, outer }: Level, { isWrong }: Mistakes): readonly Slip[] {
  const names = Object.keys(written);
  const isOdd = (name: string): boolean => isWrong([...path, name]) && !isItem(written[name]);
  const isNameless = names.every((name) => Object.hasOwn(keys, name)) && names.some(isOdd);
  const below = new Map<string | null, string[]>();
  const slips: Slip[] = [];
  let owner: string | null = null;
  for (const name of names) {
    const isWanted = owner !== null && (written[owner] === null || isWrong([...path, owner, name]));
    const isWhole = isWrittenMap(written[name]) && isItem(written[name]);
    if (Object.hasOwn(keys, name) && !isWhole && (isNameless || isWanted || isOdd(name))) {
      const group = below.get(owner);
      if (group === undefined) below.set(owner, [name]);
      else group.push(name);
    } else if (outer !== null && Object.hasOwn(outer.keys, name) && isOdd(name)) {
      slips.push(tooFarIn(path, name, outer));
    } else owner = name;
  }
  for (const [above, group] of below) {
    const places = group.map((name) => [...path, name]);
    const isEmpty = above !== null && written[above] === null;
    const follows: Path[] = [...places, ...(isEmpty ? [[...path, above]] : [])];
    if (above !== null) follows.push(...group.map((name) => [...path, above, name]));
    // One pool more made them necessary.
    if (outer !== null && !Object.hasOwn(outer.written, 'routes')) follows.push(['routes']);
    slips.push(
      slipAt(places[0], belongsBeside(group, path[0], above, above === null ? null : written[above]), follows),
    );
  }
  return slips;
}

/** What a pool or a listener looks like, whatever it is called. */
function isItem(value: unknown): boolean {
  const isAddress = (each: unknown): boolean => !isWrittenMap(each) || Object.hasOwn(each, 'address');
  if (Array.isArray(value)) return value.every(isAddress);
  return isWrittenMap(value) && (Object.hasOwn(value, 'endpoints') || Object.hasOwn(value, 'address'));
}
