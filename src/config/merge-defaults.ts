/**
 * `defaults` put under each pool and route before they are read. Maps merge key by key; lists and scalars replace, and
 * so does `off`. Short forms are merged in their long form.
 */
import { CHECK_KINDS, toLongCheck } from './check-schema.ts';
import type { Problem } from './errors.ts';
import { poolKeys, toLongPool } from './pool-schema.ts';
import { toLongTls } from './pool-tls-schema.ts';
import { toLongHttp } from './probe-schemas.ts';
import { routeKeys } from './route-schema.ts';
import { toLongSticky } from './sticky-schema.ts';
import { type WrittenMap, isWrittenMap } from './written.ts';

type Path = readonly (string | number)[];

/** What they ask is merged key by key. */
const HTTP_KINDS = ['http', 'https'] as const;

export class Defaults {
  readonly #pool: WrittenMap;
  /** Without what routes take from their pools. */
  readonly #route: WrittenMap;

  /** `written` has the defaults that are valid by themselves. */
  constructor(written: WrittenMap) {
    this.#pool = pick(written, Object.keys(poolKeys.shape));
    // What pools and routes may both say is by default that of the pools, or no pool could differ from it.
    this.#route = pick(
      written,
      Object.keys(routeKeys.shape).filter((key) => !Object.hasOwn(poolKeys.shape, key)),
    );
  }

  /** A pool or route (`kind`: the key that it is under) with the defaults that it does not set itself. */
  fillIn(kind: string | number, written: unknown): unknown {
    const [defaults, own] = this.#partsOf(kind, written);
    if (!isWrittenMap(own)) return written;
    const filled = Object.entries(defaults).map(([key, value]) => [key, mergeKey(key, value, own[key])] as const);
    return { ...own, ...Object.fromEntries(filled.filter(([, value]) => value !== undefined)) };
  }

  /** Where a problem of a filled-in part at `path` was written: there, or in `defaults`. */
  place(problem: Problem, path: Path, written: unknown): Problem {
    const inner = problem.path.slice(path.length);
    const [defaults, own] = this.#partsOf(path[0], written);
    const isFromDefaults = inner.length > 0 && !isWritten(own, inner) && isWritten(defaults, inner);
    return isFromDefaults ? { ...problem, path: ['defaults', ...inner] } : problem;
  }

  #partsOf(kind: string | number, written: unknown): readonly [WrittenMap, unknown] {
    return kind === 'pools' ? [this.#pool, toLongPool(written)] : [this.#route, written];
  }
}

function pick(written: WrittenMap, keys: readonly string[]): WrittenMap {
  return Object.fromEntries(Object.entries(written).filter(([key]) => keys.includes(key)));
}

/** Undefined: the key stays away. */
function mergeKey(key: string, byDefault: unknown, own: unknown): unknown {
  if (key === 'check') return mergeCheck(toLongCheck(byDefault), toLongCheck(own));
  if (key === 'sticky') return merge(toLongSticky(byDefault), toLongSticky(own));
  if (key === 'tls') return merge(toLongTls(byDefault), toLongTls(own));
  return merge(byDefault, own);
}

function merge(byDefault: unknown, own: unknown): unknown {
  if (own === undefined) return byDefault;
  if (!isWrittenMap(byDefault) || !isWrittenMap(own)) return own;
  // By entries: a key may be called __proto__.
  const keys = new Set([...Object.keys(byDefault), ...Object.keys(own)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(valueOf(byDefault, key), valueOf(own, key))]));
}

function valueOf(map: WrittenMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Defaults that name no kind of check are settings for the checks of pools, and not a check by themselves. */
function mergeCheck(byDefault: unknown, own: unknown): unknown {
  if (own === undefined) return !isWrittenMap(byDefault) || isOfSomeKind(byDefault) ? byDefault : undefined;
  if (!isWrittenMap(byDefault) || !isWrittenMap(own)) return own;
  if (!isOfSomeKind(own)) return merge(byDefault, own);
  const kinds: readonly string[] = CHECK_KINDS;
  const settings = Object.fromEntries(Object.entries(byDefault).filter(([key]) => !kinds.includes(key)));
  const same = HTTP_KINDS.find((kind) => kind in own && kind in byDefault);
  if (same === undefined) return merge(settings, own);
  const [common, ours] = [toLongHttp(byDefault[same]), toLongHttp(own[same])];
  return merge({ ...settings, [same]: common }, { ...own, [same]: ours });
}

function isOfSomeKind(check: WrittenMap): boolean {
  return CHECK_KINDS.some((kind) => kind in check);
}

/** Whether a path leads to something in a value, in the words of its long form. */
function isWritten(value: unknown, path: Path): boolean {
  let at = value;
  for (const [index, segment] of path.entries()) {
    if (index > 0 && path[index - 1] === 'check') at = toLongCheck(at);
    // A single item means a list of one.
    if (typeof segment === 'number' && !Array.isArray(at)) continue;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return false;
    at = (at as Readonly<Record<string | number, unknown>>)[segment];
  }
  return true;
}
