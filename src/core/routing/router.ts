/**
 * A request → its route. Chosen by the path in normal form; where a route of that host guards, and a server might read
 * the path in another way, chosen once more by that other way, and a route that guards wins. If several guard, it is
 * the strictest of them; if none of them is, the request has no route.
 */
import type { PathMatch } from '../snapshot.ts';
import { ConditionBook } from './conditions.ts';
import { guardForm, guardForms } from './guard-form.ts';
import { compileHosts } from './host-router.ts';
import type { HostRouter } from './host-router.ts';
import type { Routable, RoutedRequest } from './routed-request.ts';
import { stricterGuard } from './stricter-guard.ts';

export interface Router<R extends Routable> {
  /** Whether `scheme` of a request makes a difference. */
  readonly looksAtScheme: boolean;
  /** The route of a request, or null: our 404. */
  match(request: RoutedRequest): R | null;
}

/** Compiles routes; done once a snapshot. */
export function compileRoutes<R extends Routable>(routes: readonly R[]): Router<R> {
  const guarding = routes.some((route) => route.guards === true) ? routes.map((route) => new GuardedPath(route)) : [];
  const book = new ConditionBook([...routes, ...guarding].map((route) => route.match));
  const hosts = compileSchemes(routes, book);
  if (guarding.length === 0) return new PlainRouter(hosts, book);
  return new GuardingRouter(hosts, compileSchemes(guardsFirst(guarding), book), book);
}

type Hosts<R extends Routable> = Pick<HostRouter<R>, 'hasGuard' | 'match'>;

/** Where no route asks how its requests came, nothing looks at it. */
function compileSchemes<R extends Routable>(routes: readonly R[], book: ConditionBook): Hosts<R> {
  const bySchemes = (['http', 'https', undefined] as const).map((scheme) =>
    routes.filter(({ match }) => match.scheme === scheme),
  );
  if (bySchemes[2].length === routes.length) return compileHosts(routes, book);
  return new SchemeRouter(bySchemes.map((each) => compileHosts(each, book)));
}

/** Routes for one scheme before all others, whatever these ask for. */
class SchemeRouter<R extends Routable> implements Hosts<R> {
  /** For http, for https, for either. */
  readonly #hosts: readonly Hosts<R>[];

  constructor(hosts: readonly Hosts<R>[]) {
    this.#hosts = hosts;
  }

  match(request: RoutedRequest, path: string): R | null {
    const [http, https, either] = this.#hosts;
    return (request.scheme === 'https' ? https : http).match(request, path) ?? either.match(request, path);
  }

  hasGuard(host: string): boolean {
    return this.#hosts.some((hosts) => hosts.hasGuard(host));
  }
}

class PlainRouter<R extends Routable> implements Router<R> {
  readonly looksAtScheme: boolean;
  readonly #hosts: Hosts<R>;
  readonly #book: ConditionBook;

  constructor(hosts: Hosts<R>, book: ConditionBook) {
    this.looksAtScheme = hosts instanceof SchemeRouter;
    this.#hosts = hosts;
    this.#book = book;
  }

  match(request: RoutedRequest): R | null {
    this.#book.begin();
    return this.#hosts.match(request, request.path);
  }
}

class GuardingRouter<R extends Routable> implements Router<R> {
  readonly looksAtScheme: boolean;
  readonly #hosts: Hosts<R>;
  /** All routes, by the guard forms of their paths: an open route that is meant to win over a guard still does. */
  readonly #guarded: Hosts<GuardedPath<R>>;
  readonly #book: ConditionBook;

  constructor(hosts: Hosts<R>, guarded: Hosts<GuardedPath<R>>, book: ConditionBook) {
    this.looksAtScheme = hosts instanceof SchemeRouter;
    this.#hosts = hosts;
    this.#guarded = guarded;
    this.#book = book;
  }

  match(request: RoutedRequest): R | null {
    this.#book.begin();
    const found = this.#hosts.match(request, request.path);
    if (!this.#hosts.hasGuard(request.host)) return found;
    let guard = found?.guards === true ? found : null;
    for (const form of guardForms(request.rawPath, request.path)) {
      const other = this.#guarded.match(request, form);
      if (other?.guards !== true) continue;
      guard = guard === null ? other.route : stricterGuard(guard, other.route);
      if (guard === null) return null;
    }
    return guard ?? found;
  }
}

/** A route under the guard form of its path. */
class GuardedPath<R extends Routable> implements Routable {
  readonly id: string;
  readonly match: Routable['match'];
  readonly guards: boolean;
  readonly route: R;

  constructor(route: R) {
    this.id = route.id;
    this.match = { ...route.match, path: guardedPath(route.match.path) };
    this.guards = route.guards === true;
    this.route = route;
  }
}

/** A pattern is looked for in the guard form as it is. */
function guardedPath(path: PathMatch | null): PathMatch | null {
  return path === null || path.kind === 'regex' ? path : { kind: path.kind, path: guardForm(path.path) };
}

/** Two paths may have one guard form; then the one that guards is first. Patterns keep their order. */
function guardsFirst<R extends Routable>(routes: readonly GuardedPath<R>[]): readonly GuardedPath<R>[] {
  const isFirst = ({ guards, match }: GuardedPath<R>): boolean => guards && match.path?.kind !== 'regex';
  return [...routes.filter(isFirst), ...routes.filter((route) => !isFirst(route))];
}
