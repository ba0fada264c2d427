/** What a request must have: the part of HAProxy's conditions that a route of Fairlead can express. */
import type { MatchInput, PathRegexInput } from '../../config/config-input.ts';
import { escapePattern } from '../patterns.ts';

export type Value = string | { readonly present: true };

export type Path =
  | { readonly kind: 'exact'; readonly text: string }
  /** Any text in front, as in `path_beg`. */
  | { readonly kind: 'start'; readonly text: string }
  /** With `ignoreCase` the source is in lower case. */
  | { readonly kind: 'regex'; readonly source: string; readonly ignoreCase: boolean };

export interface Match {
  /** How the client came; null: either way. */
  readonly scheme: 'http' | 'https' | null;
  /** Lower case; a wildcard begins with `*.`. */
  readonly host: string | null;
  readonly path: Path | null;
  readonly method: readonly string[] | null;
  /** `header:x-a`, `query:a` or `cookie:a` to what it must be. */
  readonly values: Readonly<Record<string, Value>>;
}

export const ANYTHING: Match = { scheme: null, host: null, path: null, method: null, values: {} };

/** `nothing`: no request has both. `unknown`: there may be such requests, but no route says so. */
export type Both<T> = T | 'nothing' | 'unknown';

export function intersect(a: Match, b: Match): Both<Match> {
  const scheme = both(a.scheme, b.scheme, bothSchemes);
  const host = both(a.host, b.host, bothHosts);
  const path = both(a.path, b.path, bothPaths);
  const method = both(a.method, b.method, bothMethods);
  const values = bothValues(a.values, b.values);
  const all = [scheme, host, path, method, values];
  if (all.includes('nothing')) return 'nothing';
  if (all.includes('unknown')) return 'unknown';
  return { scheme, host, path, method, values } as Match;
}

/** Whether every request of `inner` is one of `outer`. */
export function contains(outer: Match, inner: Match): boolean {
  const common = intersect(outer, inner);
  return typeof common === 'object' && keyOf(common) === keyOf(inner);
}

/** The same for two matches that say the same. */
export function keyOf({ scheme, host, path, method, values }: Match): string {
  return JSON.stringify([scheme, host, path, method?.toSorted(), Object.entries(values).sort()]);
}

function both<T>(a: T | null, b: T | null, join: (a: T, b: T) => Both<T>): Both<T> | null {
  if (a === null) return b;
  return b === null ? a : join(a, b);
}

function bothSchemes<T>(a: T, b: T): Both<T> {
  return a === b ? a : 'nothing';
}

function bothHosts(a: string, b: string): Both<string> {
  if (a === b) return a;
  if (a.startsWith('*.') && b.endsWith(a.slice(1))) return b;
  return b.startsWith('*.') && a.endsWith(b.slice(1)) ? a : 'nothing';
}

function bothPaths(a: Path, b: Path): Both<Path> {
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  if (a.kind === 'exact') return hasPath(b, a.text) ? a : 'nothing';
  if (b.kind === 'exact') return hasPath(a, b.text) ? b : 'nothing';
  if (a.kind === 'regex' || b.kind === 'regex') return 'unknown';
  if (a.text.startsWith(b.text)) return a;
  return b.text.startsWith(a.text) ? b : 'nothing';
}

function hasPath(path: Path, text: string): boolean {
  if (path.kind === 'exact') return path.text === text;
  if (path.kind === 'start') return text.startsWith(path.text);
  try {
    return new RegExp(path.source).test(path.ignoreCase ? text.toLowerCase() : text);
  } catch {
    // The config says what is wrong with it.
    return false;
  }
}

function bothMethods(a: readonly string[], b: readonly string[]): Both<readonly string[]> {
  const common = a.filter((method) => b.includes(method));
  return common.length === 0 ? 'nothing' : common;
}

function bothValues(a: Match['values'], b: Match['values']): Both<Match['values']> {
  const joined: Record<string, Value> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = joined[name];
    if (known === undefined || typeof known === 'object') joined[name] = value;
    // A header may stand there twice.
    else if (typeof value === 'string' && value !== known) return name.startsWith('header:') ? 'unknown' : 'nothing';
  }
  return joined;
}

/** How many conditions Fairlead counts besides host and path. */
export function conditionsOf({ method, values }: Match): number {
  return (method === null ? 0 : 1) + Object.keys(values).length;
}

/** As a config says it. `asPattern`: a start of a path is written as a regular expression. */
export function toMatchInput({ scheme, host, path, method, values }: Match, asPattern: boolean): MatchInput {
  return {
    ...(scheme === null ? {} : { scheme }),
    ...(host === null ? {} : { host }),
    ...(path === null ? {} : { path: toPathInput(path, asPattern) }),
    ...(method === null ? {} : { method: method.length === 1 ? method[0] : method }),
    ...toNamed('header', values),
    ...toNamed('query', values),
    ...toNamed('cookie', values),
  };
}

function toPathInput(path: Path, asPattern: boolean): string | PathRegexInput {
  if (path.kind === 'exact') return path.text;
  if (path.kind === 'regex') return { regex: path.source, ...(path.ignoreCase ? { ignoreCase: 'on' } : {}) };
  if (asPattern) return { regex: `^${escapePattern(path.text)}` };
  return path.text.endsWith('/') ? `${path.text}*` : `${path.text}/*`;
}

function toNamed(kind: 'header' | 'query' | 'cookie', values: Match['values']): Partial<MatchInput> {
  const own = Object.entries(values).filter(([name]) => name.startsWith(`${kind}:`));
  if (own.length === 0) return {};
  return { [kind]: Object.fromEntries(own.map(([name, value]) => [name.slice(kind.length + 1), value])) };
}
