/** Removes from a draft what Fairlead does not allow, and lists it, until what is left is a config without mistakes. */
import { buildConfig } from '../config/build.ts';
import type { Problem } from '../config/errors.ts';
import type { RouteInput } from '../config/config-input.ts';
import type { Report } from './report.ts';
import { ARE_CLOSED } from './redirect.ts';
import {
  closedPool,
  listenHere,
  passthroughOf,
  poolOfListener,
  poolsOfListeners,
  takesHttp,
  toConfigInput,
} from './draft.ts';
import type { Draft, DraftPool, Sourced } from './draft.ts';

type Path = Problem['path'];

/** What can be removed from a route. Without a condition it would take other requests. */
const OPTIONAL_OF_ROUTE: readonly string[] = ['maxBody', 'timeouts', 'upgrades', 'name'] satisfies (keyof RouteInput)[];

/** False: nothing is left that could be a config. */
export function settleDraft(draft: Draft, report: Report): boolean {
  for (;;) {
    dropUnusedRoutes(draft, report);
    dropUnusedListeners(draft, report);
    dropUnusedPools(draft, report);
    const redirects = draft.routes.some(({ value }) => value.redirect !== undefined);
    if (!redirects && [...draft.pools.keys()].every((name) => name === draft.closed)) return false;
    const built = buildConfig(toConfigInput(draft));
    if (!isMistaken(built)) {
      if (draft.routes.length > 0 && !takesHttp(draft))
        listenHere(draft, draft.routes[0].from, 'since no other address is written', report);
      return true;
    }
    // Each round removes something, so that there is a last one.
    const isSmaller = built.map((problem) => findPart(draft, problem, report)).filter((drop) => drop?.() === true);
    if (isSmaller.length === 0) return false;
  }
}

function isMistaken(built: ReturnType<typeof buildConfig>): built is readonly Problem[] {
  return Array.isArray(built);
}

/** A route to a pool that was left out has been listed with the pool. */
function dropUnusedRoutes(draft: Draft, report: Report): void {
  for (const route of draft.routes.filter(({ value: { pool } }) => pool !== undefined && !draft.pools.has(pool))) {
    remove(draft.routes, route);
    report.leave(route.from, `its pool ${route.value.pool} could not be taken over`, route.from.text);
  }
}

/** The same of a listener of layer 4. */
function dropUnusedListeners({ listeners, pools }: Draft, report: Report): void {
  for (const [name, { value, from }] of listeners) {
    const passed = Object.values(typeof value === 'string' ? {} : passthroughOf(value));
    const missing = [poolOfListener(value) ?? [], passed].flat().find((each) => !pools.has(each));
    if (missing === undefined) continue;
    listeners.delete(name);
    report.leave(from, `its pool ${missing} could not be taken over`, from.text);
  }
}

/** A pool that no route leads to would get every request if it is the only one. */
function dropUnusedPools(draft: Draft, report: Report): void {
  const { pools, routes, closed } = draft;
  const ofListeners = poolsOfListeners(draft);
  for (const [name, { from }] of pools) {
    if (ofListeners.has(name) || routes.some(({ value }) => value.pool === name)) continue;
    pools.delete(name);
    if (name !== closed) report.leave(from, 'nothing that was taken over leads to it', from.text);
  }
}

/** What to do about a problem: removes a part and lists it. Null if the problem is about no part in particular. */
function findPart(draft: Draft, { path, mistake }: Problem, report: Report): (() => boolean) | null {
  const [section, key, ...rest] = path;
  const { message } = mistake;
  if (section === 'routes' && typeof key === 'number') return dropFromRoute(draft, key, rest, message, report);
  if (section === 'pools' && typeof key === 'string') return dropFromPool(draft, key, rest, message, report);
  if (section === 'defaults' && draft.maxBody !== null) {
    const { from } = draft.maxBody;
    return () => {
      draft.maxBody = null;
      report.leave(from, message, from.text);
      return true;
    };
  }
  const map = mapOf(draft, section);
  const found = map === null ? null : ([...map].find(([name]) => name === (map === draft.top ? section : key)) ?? null);
  if (map === null || found === null) return null;
  return () => {
    report.leave(found[1].from, message, found[1].from.text);
    return map.delete(found[0]);
  };
}

function mapOf(draft: Draft, section: Path[number] | undefined): Map<string, Sourced<unknown>> | null {
  if (section === 'listeners') return draft.listeners;
  if (section === 'timeouts') return draft.timeouts;
  return section === 'threads' || section === 'maxConnections' ? draft.top : null;
}

function dropFromRoute(draft: Draft, index: number, rest: Path, message: string, report: Report): () => boolean {
  const route = draft.routes[index];
  const key = String(rest[0]);
  const earlier = draft.routes.slice(0, index);
  const isTwin = earlier.some(({ value }) => JSON.stringify(value) === JSON.stringify(route.value));
  return () => {
    const at = draft.routes.indexOf(route);
    if (at < 0) return false;
    if (key === 'redirect') {
      // What it would have taken must not be another route's.
      const { redirect: _, ...others } = route.value;
      draft.routes[at] = { ...route, value: { ...others, pool: closedPool(draft, route.from) } };
      report.leave(route.from, `${message}; ${ARE_CLOSED}`, route.from.text);
      return true;
    }
    if (OPTIONAL_OF_ROUTE.includes(key)) {
      draft.routes[at] = { ...route, value: without(route.value, key) };
    } else draft.routes.splice(at, 1);
    if (isTwin) report.same(route.from, 'another statement made the same route', route.from.text);
    else if (route.value.pool === draft.closed) report.guard(route.from, message, route.from.text);
    else report.leave(route.from, message, route.from.text);
    return true;
  };
}

function without(route: RouteInput, key: string): RouteInput {
  return Object.fromEntries(Object.entries(route).filter(([name]) => name !== key));
}

function dropFromPool(draft: Draft, name: string, rest: Path, message: string, report: Report): (() => boolean) | null {
  const pool = draft.pools.get(name);
  if (pool === undefined) return null;
  const [key, index] = rest;
  if (key === 'endpoints' && typeof index === 'number') return dropEndpoint(pool, index, message, report);
  const setting = [...pool.settings].find(([setting]) => setting === key);
  return () => {
    const from = setting?.[1].from ?? pool.from;
    report.leave(from, message, from.text);
    return setting === undefined ? draft.pools.delete(name) : pool.settings.delete(setting[0]);
  };
}

function dropEndpoint({ endpoints }: DraftPool, index: number, message: string, report: Report): () => boolean {
  const endpoint = endpoints[index];
  return () => {
    if (!remove(endpoints, endpoint)) return false;
    report.leave(endpoint.from, message, endpoint.from.text);
    return true;
  };
}

function remove<T>(list: T[], item: T): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
