/**
 * host, path and conditions → route, at a cost that does not grow with the number of routes: hosts and exact
 * paths are looked up in maps, wildcards by a walk over labels, prefixes by one pass over the path. Only
 * regular expressions of one host, and routes that differ in nothing but their further conditions, are tried
 * one after another. See `order.ts` for the order; a candidate whose conditions fail falls through to the
 * next, from an exact host to the wildcards and on to the routes without a host.
 */
import type { PathMatch } from '../snapshot.ts';
import { ConditionBook, countConditions } from './conditions.ts';
import type { NumberedConditions } from './conditions.ts';
import { orderRoutes } from './order.ts';
import { PathPattern } from './pattern.ts';
import { type PrefixEntry, PrefixTable } from './prefix-table.ts';
import type { Routable, RoutedRequest } from './routed-request.ts';

export interface Router<R extends Routable> {
  /** The first route that matches, or null: our 404. Allocates nothing, unless wildcard hosts or `ignoreCase` are configured. */
  match(request: RoutedRequest): R | null;
}

/**
 * Compiles routes; done once a snapshot. A host `*.example.com` stands for one or more labels in front
 * (as in nginx and Envoy), never for `example.com` itself. A regular expression is anchored only where it
 * says so itself.
 */
export function compileRoutes<R extends Routable>(routes: readonly R[]): Router<R> {
  const exact = new Map<string, R[]>();
  const wildcards = new Map<string, R[]>();
  const others: R[] = [];
  const book = new ConditionBook(routes.map((route) => route.match));
  for (const route of orderRoutes(routes)) {
    const { host } = route.match;
    if (host === null) others.push(route);
    else if (host.startsWith('*.')) append(wildcards, host.slice(2), route);
    else append(exact, host, route);
  }
  const rest = others.length > 0 ? new PathRouter(others, book) : null;
  return new HostRouter(compileEach(exact, book), compileEach(wildcards, book), rest, book);
}

class HostRouter<R extends Routable> implements Router<R> {
  readonly #exact: ReadonlyMap<string, PathRouter<R>>;
  /** By the name after `*.`. */
  readonly #wildcards: ReadonlyMap<string, PathRouter<R>>;
  readonly #others: PathRouter<R> | null;
  readonly #book: ConditionBook;
  readonly #longestWildcard: number;
  // The exact host met last, and its routes: comparing is cheaper than hashing a fresh string (15 ns against
  // 140), and most processes serve few hosts. It holds the config's string, not one cut from a request.
  #recentHost = '';
  #recent: PathRouter<R> | null = null;

  constructor(
    exact: ReadonlyMap<string, PathRouter<R>>,
    wildcards: ReadonlyMap<string, PathRouter<R>>,
    others: PathRouter<R> | null,
    book: ConditionBook,
  ) {
    this.#book = book;
    this.#exact = exact;
    this.#wildcards = wildcards;
    this.#others = others;
    this.#longestWildcard = [...wildcards.keys()].reduce((longest, name) => Math.max(longest, name.length), 0);
  }

  match(request: RoutedRequest): R | null {
    const { host } = request;
    this.#book.begin();
    if (host !== '') {
      const found = this.#exact.size > 0 ? this.#findExact(host)?.match(request) : null;
      if (found) return found;
      if (this.#wildcards.size > 0) {
        const wild = this.#matchWildcards(host, request);
        if (wild !== null) return wild;
      }
    }
    return this.#others === null ? null : this.#others.match(request);
  }

  #findExact(host: string): PathRouter<R> | null {
    if (host === this.#recentHost) return this.#recent;
    const found = this.#exact.get(host);
    if (found === undefined) return null;
    this.#recentHost = found.host;
    this.#recent = found;
    return found;
  }

  /** From the longest name that any wildcard has, one label at a time: a host of a thousand labels costs no more. */
  #matchWildcards(host: string, request: RoutedRequest): R | null {
    const from = Math.max(1, host.length - this.#longestWildcard - 1);
    for (let dot = host.indexOf('.', from); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const found = this.#wildcards.get(host.slice(dot + 1))?.match(request);
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
  readonly #exact: ReadonlyMap<string, Candidates<R>> | null;
  readonly #prefixes: PrefixTable<Candidates<R>> | null;
  readonly #patterns: readonly Pattern<R>[];
  readonly #others: Candidates<R> | null;

  /** `routes` are in the order they are tried in. */
  constructor(routes: readonly R[], book: ConditionBook) {
    this.host = routes[0].match.host ?? '';
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

  match(request: RoutedRequest): R | null {
    const { path } = request;
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
