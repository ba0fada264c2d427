/** Reads the parts of a written config one by one, and gathers what is wrong with them. */
import type { z } from 'zod';
import { cureBareValue, cureGlued } from './bare-values.ts';
import { Mistake, type Problem } from './errors.ts';
import { keyMeant, toProblems } from './issues.ts';
import type { Defaults } from './merge-defaults.ts';
import { parseName } from './names.ts';
import type { Part } from './parts.ts';
import { cureUnknownKey, shownKeys } from './scalars.ts';
import { type WrittenMap, isWrittenMap } from './written.ts';

type Path = readonly (string | number)[];
type Shape = Readonly<Record<string, z.ZodType>>;

export class PartReader<S extends Shape> {
  readonly #shape: S;
  readonly #written: WrittenMap;
  readonly #problems: Problem[] = [];
  readonly #saidOfDefaults = new Set<string>();
  readonly #faulty: Part<WrittenMap>[] = [];

  constructor(root: z.ZodObject<S>, written: WrittenMap) {
    this.#shape = root.shape;
    this.#written = written;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Maps of a kind (the key that they are under) with a mistake of their own, defaults filled in. */
  faulty(kind: keyof S & string): readonly Part<WrittenMap>[] {
    return this.#faulty.filter(({ path }) => path[0] === kind);
  }

  add(problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }

  /** A text cannot contain `undefined`, but a program can. */
  has(key: keyof S & string): boolean {
    return Object.hasOwn(this.#written, key) && this.#written[key] !== undefined;
  }

  /** Keys of the whole config that do not exist. */
  checkKeys(): void {
    this.#checkKeys(this.#written, this.#shape, []);
  }

  /** One key of the config; its default where it is not written, or wrong. */
  section<K extends keyof S & string>(key: K): z.output<S[K]> {
    const schema = this.#shape[key];
    const part = this.has(key) ? this.#read(schema, this.#written[key], [key]) : null;
    return part === null ? schema.parse(undefined) : part.value;
  }

  /** Several keys of the config, by their names. */
  sections<T extends Pick<S, keyof T & keyof S>>(shape: T): { [K in keyof T & keyof S]: z.output<S[K]> } {
    const names = Object.keys(shape) as (keyof T & keyof S & string)[];
    const read = names.map((name) => [name, this.section(name)] as const);
    return Object.fromEntries(read) as { [K in keyof T & keyof S]: z.output<S[K]> };
  }

  /** A map whose keys are looked at one by one, as they were written; those that are wrong are left out. */
  map(key: keyof S & string, schema: z.ZodObject<Shape>): WrittenMap {
    const value = this.#written[key];
    if (!this.has(key)) return {};
    if (!isWrittenMap(value)) {
      this.#read(schema, value, [key]);
      return {};
    }
    this.#checkKeys(value, schema.shape, [key]);
    const good = Object.entries(value).filter(([name, written]) => {
      return Object.hasOwn(schema.shape, name) && this.#read(schema.shape[name], written, [key, name]) !== null;
    });
    return Object.fromEntries(good);
  }

  /** A map of parts by their names. `missing`: what is said where it is not there. */
  named<T extends z.ZodType<object>>(
    key: keyof S & string,
    schema: T,
    defaults?: Defaults,
    missing: Mistake | null = null,
  ): readonly Part<z.output<T> & { readonly id: string }>[] {
    const value = this.has(key) ? this.#written[key] : defaultOf(this.#shape[key]);
    if (!isWrittenMap(value) || Object.keys(value).length === 0) {
      const isUnderAnotherName = !this.has(key) && this.#problems.some((problem) => keyMeant(problem) === key);
      const mistake = missing ?? this.#describeEmpty(key, value);
      if (!isUnderAnotherName) this.#problems.push({ path: [key], mistake });
      return [];
    }
    return Object.entries(value).flatMap(([name, written]) => {
      const glued = written === null ? cureGlued(name) : null;
      const id = glued === null ? parseName(name) : new Mistake('there is no space after the colon', glued);
      if (id instanceof Mistake) this.#problems.push({ path: [key, name], atKey: true, mistake: id });
      if (glued !== null) return [];
      const parts = this.item(schema, written, [key, name], defaults);
      if (id instanceof Mistake && parts.length > 0) this.#addFaulty([key, name], written, defaults ?? null);
      return id instanceof Mistake ? [] : parts.map((part) => ({ path: part.path, value: { id, ...part.value } }));
    });
  }

  /** What should be below the key may be beside it. */
  #describeEmpty(key: string, value: unknown): Mistake {
    const mistake = describeEmpty(key, value, this.has(key));
    const keys = Object.keys(this.#written);
    const below = value === null ? keys[keys.indexOf(key) + 1] : undefined;
    if (below === undefined || Object.hasOwn(this.#shape, below)) return mistake;
    return new Mistake(mistake.message, `Indent what belongs to it: put two spaces before "${below}".`);
  }

  /** A list of parts. */
  list<T extends z.ZodType>(key: keyof S & string, schema: T, defaults: Defaults): readonly Part<z.output<T>>[] {
    const value = this.#written[key];
    if (Array.isArray(value) && value.length > 0) {
      return value.flatMap((written, index) => this.item(schema, written, [key, index], defaults));
    }
    this.#problems.push({ path: [key], mistake: describeEmpty(key, value, true) });
    return [];
  }

  /** A pool, a route or a listener; none where it is wrong. */
  item<T extends z.ZodType>(
    schema: T,
    written: unknown,
    path: Path,
    defaults: Defaults | null = null,
  ): readonly Part<z.output<T>>[] {
    if (defaults === null) {
      const part = this.#read(schema, written, path);
      if (part !== null) return [part];
      this.#addFaulty(path, written, null);
      return [];
    }
    const merged = defaults.fillIn(path[0], written);
    const result = schema.safeParse(merged);
    if (result.success) return [{ path, value: result.data }];
    for (const problem of toProblems(result.error.issues, merged, path)) {
      this.#addPlaced(defaults.place(problem, path, written), problem);
    }
    this.#addFaulty(path, written, defaults);
    return [];
  }

  #addFaulty(path: Path, written: unknown, defaults: Defaults | null): void {
    const value = defaults === null ? written : defaults.fillIn(path[0], written);
    if (isWrittenMap(value)) this.#faulty.push({ path, value });
  }

  /** A mistake in `defaults` is found in every pool that takes it over; once is enough. */
  #addPlaced(placed: Problem, problem: Problem): void {
    if (placed !== problem) {
      const said = JSON.stringify([placed.path, placed.mistake.message]);
      if (this.#saidOfDefaults.has(said)) return;
      this.#saidOfDefaults.add(said);
    }
    this.#problems.push(placed);
  }

  #read<T extends z.ZodType>(schema: T, value: unknown, path: Path): Part<z.output<T>> | null {
    const result = schema.safeParse(value);
    if (result.success) return { path, value: result.data };
    this.#problems.push(...toProblems(result.error.issues, value, path));
    return null;
  }

  #checkKeys(value: WrittenMap, shape: Shape, path: Path): void {
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(shape, key)) continue;
      const mistake = new Mistake(
        'there is no such key',
        cureUnknownKey(key, shownKeys(shape), path.length === 0 ? 'Config' : 'Defaults'),
      );
      this.#problems.push({ path: [...path, key], atKey: true, mistake });
    }
  }
}

/** What is read where nothing is written, as if it had been. */
function defaultOf(schema: z.ZodType): unknown {
  const definition = schema.def as { readonly type: string; readonly defaultValue?: unknown };
  return definition.type === 'prefault' ? definition.defaultValue : undefined;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  listeners: 'listeners: { web: 127.0.0.1:8080 }',
  routes: 'routes: [{ match: { path: /v1/* }, pool: api }, { pool: web }]',
  pools: 'pools: { web: [localhost:8081] }',
  rateLimits: 'rateLimits: { login: { rate: 5/h, burst: 5 } }',
};

/** A list where names are keys, and a map where the order counts; null: neither. */
function cureShape(key: string, value: unknown): string | null {
  if (key !== 'routes') {
    const isListOfMaps = Array.isArray(value) && value.length > 0 && value.every((each) => isWrittenMap(each));
    return isListOfMaps ? `Write the names as keys, without dashes, e.g. ${EXAMPLES[key]}.` : null;
  }
  const [first, ...others] = isWrittenMap(value) ? Object.keys(value) : [];
  if (first === undefined) return null;
  if (first !== 'match' && first !== 'pool' && first !== 'name')
    return 'Routes have no names in front of them: write e.g. - { name: api, match: { path: /v1/* }, pool: api }.';
  const rest = others.length === 0 ? '' : ', and two more spaces before the others';
  return `Put a dash and a space before "${first}"${rest}.`;
}

export function describeEmpty(key: string, value: unknown, isThere: boolean): Mistake {
  const cure = cureBareValue(value, key) ?? cureShape(key, value) ?? `Write e.g. ${EXAMPLES[key]}.`;
  if (!isThere) {
    return new Mistake(
      key === 'routes' ? 'routes are missing, and there is more than one pool' : 'the key is missing',
      cure,
    );
  }
  const kind = key === 'routes' ? 'list' : 'map';
  if (typeof value === 'string' && /^-\S/.test(value)) {
    return new Mistake('there is no space after a dash', `Write - ${value.slice(1).split(/\s-/)[0]}.`);
  }
  const isEmpty = value === null || (typeof value === 'object' && (kind === 'list') === Array.isArray(value));
  return new Mistake(isEmpty ? `this ${kind} is empty` : `this has to be a ${kind}`, cure);
}
