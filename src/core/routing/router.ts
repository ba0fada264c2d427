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
  /** The route of a request, or null: our 404. */
  match(request: RoutedRequest): R | null;
}

/** Compiles routes; done once a snapshot. */
export function compileRoutes<R extends Routable>(routes: readonly R[]): Router<R> {
  const guarding = routes.some((route) => route.guards === true) ? routes.map((route) => new GuardedPath(route)) : [];
  const book = new ConditionBook([...routes, ...guarding].map((route) => route.match));
  const hosts = compileHosts(routes, book);
  if (guarding.length === 0) return new PlainRouter(hosts, book);
  return new GuardingRouter(hosts, compileHosts(guardsFirst(guarding), book), book);
}

class PlainRouter<R extends Routable> implements Router<R> {
  readonly #hosts: HostRouter<R>;
  readonly #book: ConditionBook;

  constructor(hosts: HostRouter<R>, book: ConditionBook) {
    this.#hosts = hosts;
    this.#book = book;
  }

  match(request: RoutedRequest): R | null {
    this.#book.begin();
    return this.#hosts.match(request, request.path);
  }
}

class GuardingRouter<R extends Routable> implements Router<R> {
  readonly #hosts: HostRouter<R>;
  /** All routes, by the guard forms of their paths: an open route that is meant to win over a guard still does. */
  readonly #guarded: HostRouter<GuardedPath<R>>;
  readonly #book: ConditionBook;

  constructor(hosts: HostRouter<R>, guarded: HostRouter<GuardedPath<R>>, book: ConditionBook) {
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
