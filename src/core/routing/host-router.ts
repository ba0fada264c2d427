/**
 * host, path and conditions → route, at a cost that does not grow with the number of routes: hosts and exact
 * paths are looked up in maps, wildcards by a walk over labels, prefixes by one pass over the path. Only
 * regular expressions of one host, and routes that differ in nothing but their further conditions, are tried
 * one after another. See `order.ts` for the order; a candidate whose conditions fail falls through to the
 * next, from an exact host to the wildcards and on to the routes without a host.
 */
import type { PathMatch } from '../snapshot.ts';
import { countConditions } from './conditions.ts';
import type { NumberedConditions, ConditionBook } from './conditions.ts';
import { orderRoutes } from './order.ts';
import { PathPattern } from './pattern.ts';
import { type PrefixEntry, PrefixTable } from './prefix-table.ts';
import type { Routable, RoutedRequest } from './routed-request.ts';

/**
 * A host `*.example.com` stands for one or more labels in front (as in nginx and Envoy), never for `example.com`
 * itself. A regular expression is anchored only where it says so itself. `book` knows the matches of the routes.
 */
export function compileHosts<R extends Routable>(routes: readonly R[], book: ConditionBook): HostRouter<R> {
  const exact = new Map<string, R[]>();
  const wildcards = new Map<string, R[]>();
  const others: R[] = [];
  for (const route of orderRoutes(routes)) {
    const { host } = route.match;
    if (host === null) others.push(route);
    else if (host.startsWith('*.')) append(wildcards, host.slice(2), route);
    else append(exact, host, route);
  }
  const rest = others.length > 0 ? new PathRouter(others, book) : null;
  return new HostRouter(compileEach(exact, book), compileEach(wildcards, book), rest);
}

export class HostRouter<R extends Routable> {
  readonly #exact: ReadonlyMap<string, PathRouter<R>>;
  /** By the name after `*.`. */
  readonly #wildcards: ReadonlyMap<string, PathRouter<R>>;
  readonly #others: PathRouter<R> | null;
  readonly #longestWildcard: number;
  readonly #isGuardedElsewhere: boolean;
  // The exact host met last, and its routes: comparing is cheaper than hashing a fresh string (15 ns against
  // 140), and most processes serve few hosts. It holds the config's string, not one cut from a request.
  #recentHost = '';
  #recent: PathRouter<R> | null = null;

  constructor(
    exact: ReadonlyMap<string, PathRouter<R>>,
    wildcards: ReadonlyMap<string, PathRouter<R>>,
    others: PathRouter<R> | null,
  ) {
    this.#exact = exact;
    this.#wildcards = wildcards;
    this.#others = others;
    this.#isGuardedElsewhere = [...wildcards.values(), others].some((router) => router?.hasGuard === true);
    this.#longestWildcard = [...wildcards.keys()].reduce((longest, name) => Math.max(longest, name.length), 0);
  }

  /**
   * The first route that matches the request with this path, or null. Allocates nothing, unless wildcard hosts or
   * `ignoreCase` are configured.
   */
  match(request: RoutedRequest, path: string): R | null {
    const { host } = request;
    if (host !== '') {
      const found = this.#exact.size > 0 ? this.#findExact(host)?.match(request, path) : null;
      if (found) return found;
      if (this.#wildcards.size > 0) {
        const wild = this.#matchWildcards(request, path);
        if (wild !== null) return wild;
      }
    }
    return this.#others === null ? null : this.#others.match(request, path);
  }

  #findExact(host: string): PathRouter<R> | null {
    if (host === this.#recentHost) return this.#recent;
    const found = this.#exact.get(host);
    if (found === undefined) return null;
    this.#recentHost = found.host;
    this.#recent = found;
    return found;
  }

  /** Whether a route for this host may guard; where one of a wildcard or of every host does, it is taken to. */
  hasGuard(host: string): boolean {
    if (this.#isGuardedElsewhere) return true;
    return this.#exact.size > 0 && this.#findExact(host)?.hasGuard === true;
  }

  /** From the longest name that any wildcard has, one label at a time: a host of a thousand labels costs no more. */
  #matchWildcards(request: RoutedRequest, path: string): R | null {
    const { host } = request;
    const from = Math.max(1, host.length - this.#longestWildcard - 1);
    for (let dot = host.indexOf('.', from); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const found = this.#wildcards.get(host.slice(dot + 1))?.match(request, path);
      if (found) return found;
    }
    return null;
  }
}

interface Pattern<R extends Routable> {
  readonly regex: PathPattern;
  readonly ignoreCase: boolean;
  readonly candidates: Candidates<R>;
}

/** The routes of one host. */
class PathRouter<R extends Routable> {
  /** As the config has it; `''` for the routes without a host. */
  readonly host: string;
  readonly hasGuard: boolean;
  readonly #exact: ReadonlyMap<string, Candidates<R>> | null;
  readonly #prefixes: PrefixTable<Candidates<R>> | null;
  readonly #patterns: readonly Pattern<R>[];
  readonly #others: Candidates<R> | null;

  /** `routes` are in the order they are tried in. */
  constructor(routes: readonly R[], book: ConditionBook) {
    this.host = routes[0].match.host ?? '';
    this.hasGuard = routes.some((route) => route.guards === true);
    const exact = new Map<string, R[]>();
    const prefixes = new Map<string, R[]>();
    const patterns = new Map<string, R[]>();
    const others: R[] = [];
    for (const route of routes) {
      const { path } = route.match;
      if (path === null) others.push(route);
      else if (path.kind === 'exact') append(exact, path.path, route);
      else if (path.kind === 'prefix') append(prefixes, path.path === '/' ? '' : path.path, route);
      else append(patterns, `${String(path.ignoreCase)} ${path.source}`, route);
    }
    this.#exact = exact.size > 0 ? candidatesOf(exact, book) : null;
    this.#prefixes = prefixes.size > 0 ? new PrefixTable(candidatesOf(prefixes, book)) : null;
    this.#patterns = [...patterns.values()].map((alike) => compilePattern(alike, book));
    this.#others = others.length > 0 ? new Candidates(others, book) : null;
  }

  match(request: RoutedRequest, path: string): R | null {
    if (this.#exact !== null) {
      const found = this.#exact.get(path)?.match(request);
      if (found) return found;
    }
    if (this.#prefixes !== null) {
      let entry: PrefixEntry<Candidates<R>> | null = this.#prefixes.find(path);
      for (; entry !== null; entry = entry.shorter) {
        const found = entry.value.match(request);
        if (found !== null) return found;
      }
    }
    if (this.#patterns.length > 0) {
      const found = this.#matchPatterns(path, request);
      if (found !== null) return found;
    }
    return this.#others === null ? null : this.#others.match(request);
  }

  #matchPatterns(path: string, request: RoutedRequest): R | null {
    let lower: string | null = null;
    for (const { regex, ignoreCase, candidates } of this.#patterns) {
      if (ignoreCase) lower ??= path.toLowerCase();
      if (!regex.test(ignoreCase && lower !== null ? lower : path)) continue;
      const found = candidates.match(request);
      if (found !== null) return found;
    }
    return null;
  }
}

/** Routes of one host and path, told apart by their further conditions alone. */
class Candidates<R extends Routable> {
  readonly #routes: readonly R[];
  readonly #conditions: readonly NumberedConditions[];
  readonly #book: ConditionBook;
  /** The first route where it asks for nothing more: the usual case. */
  readonly #only: R | null;

  constructor(routes: readonly R[], book: ConditionBook) {
    this.#routes = routes;
    this.#conditions = routes.map((route) => book.of(route.match));
    this.#book = book;
    this.#only = countConditions(routes[0].match) === 0 ? routes[0] : null;
  }

  match(request: RoutedRequest): R | null {
    if (this.#only !== null) return this.#only;
    for (let index = 0; index < this.#routes.length; index++) {
      if (this.#book.meets(this.#conditions[index], request)) return this.#routes[index];
    }
    return null;
  }
}

function compilePattern<R extends Routable>(routes: readonly R[], book: ConditionBook): Pattern<R> {
  const { source, ignoreCase } = routes[0].match.path as Extract<PathMatch, { kind: 'regex' }>;
  return { regex: new PathPattern(source), ignoreCase, candidates: new Candidates(routes, book) };
}

type Lists<R> = ReadonlyMap<string, readonly R[]>;

function candidatesOf<R extends Routable>(lists: Lists<R>, book: ConditionBook): Map<string, Candidates<R>> {
  return new Map([...lists].map(([key, routes]) => [key, new Candidates(routes, book)]));
}

function compileEach<R extends Routable>(lists: Lists<R>, book: ConditionBook): Map<string, PathRouter<R>> {
  return new Map([...lists].map(([key, routes]) => [key, new PathRouter(routes, book)]));
}

function append<R>(lists: Map<string, R[]>, key: string, route: R): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [route]);
  else list.push(route);
}
