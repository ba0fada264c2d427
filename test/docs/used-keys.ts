/** Which keys of the config tests hold fast: by the exact result of a fixture, and by what the program then does. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import type { Config } from '../../src/config/config.ts';
import { parse } from './placed-key.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = 'test/fixtures/config/valid';

type Written = Record<string, unknown> | unknown[];

export interface Fixture {
  readonly written: unknown;
  readonly config: Config;
}

/** The fixtures with exact results that are one file, read. */
export function readFixtures(): readonly Fixture[] {
  const names = readdirSync(join(ROOT, FIXTURES)).filter((name) => /(?<!\.expected)\.(?:yaml|json)$/.test(name));
  return names.flatMap((name) => {
    const written: unknown = parseYaml(readFileSync(join(ROOT, FIXTURES, name), 'utf8'));
    const parsed = parse(written);
    return 'config' in parsed ? [{ written, config: parsed.config }] : [];
  });
}

/**
 * The settings that the fixture has by the key, as the runtime names them (`replayBytes`): its test fails when the
 * key is ignored. None where the key is not in it, or says nothing. Where nothing goes without the key, `other` is
 * put in its place.
 */
export function settingsBy({ written, config }: Fixture, path: string, other: unknown): readonly string[] {
  if (findHolders(written, path).length === 0) return [];
  const [without, changed] = [structuredClone(written), structuredClone(written)];
  const name = nameOf(path);
  for (const place of findHolders(without, path)) Reflect.deleteProperty(place, name);
  const after = parse(without);
  if ('config' in after) return findChanged(config, after.config);
  for (const place of findHolders(changed, path)) Reflect.set(place, name, other);
  const replaced = parse(changed);
  return [name, ...('config' in replaced ? findChanged(config, replaced.config) : [])];
}

function nameOf(path: string): string {
  return path.split('.').at(-1) ?? '';
}

/** The maps in which the key is written. */
function findHolders(value: unknown, path: string): readonly Written[] {
  return findPlaces(value, path.split('.').slice(0, -1)).filter((place) => Object.hasOwn(place, nameOf(path)));
}

/** The innermost names under which two values differ. */
function findChanged(a: unknown, b: unknown, name = ''): readonly string[] {
  if (isDeepStrictEqual(a, b)) return [];
  if (!isMapLike(a) || !isMapLike(b)) return [name];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => findChanged(a[key], b[key], /^\d+$/.test(key) ? name : key));
}

function isMapLike(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The maps that a path leads to; a list counts as each of its items where the path has no place in a list. */
function findPlaces(value: unknown, names: readonly string[]): readonly Written[] {
  if (typeof value !== 'object' || value === null) return [];
  const [name, ...rest] = names;
  if (Array.isArray(value)) return value.flatMap((item) => findPlaces(item, name === '*' ? rest : names));
  if (name === undefined) return [value as Written];
  const inner: Readonly<Record<string, unknown>> = { ...value };
  const values = name === '*' ? Object.values(inner) : Object.hasOwn(inner, name) ? [inner[name]] : [];
  return values.flatMap((next) => findPlaces(next, rest));
}

export interface TestText {
  readonly path: string;
  readonly text: string;
}

/** Tests of what the program does with a config, not of how it is read or documented. */
export function readBehaviourTests(): readonly TestText[] {
  const folders = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const tests = folders.filter(
    (path) => path.endsWith('.test.ts') && !/^(?:src\/config|test\/docs|test\/fuzz)\//.test(path),
  );
  return tests.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** Whether a test writes one of these: `attempts: 2`. */
export function isWrittenIn({ text }: TestText, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`(?<![\\w.])${name}['"]?\\s*:`).test(text));
}
