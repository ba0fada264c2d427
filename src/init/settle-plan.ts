/** Takes out of a plan what Fairlead cannot have, and lists it, until what is left is a config without mistakes. */
import { buildConfig } from '../config/build.ts';
import type { Problem } from '../config/errors.ts';
import type { RouteInput } from '../config/config-input.ts';
import type { Ledger } from './ledger.ts';
import { listenHere, toConfigInput } from './plan.ts';
import type { Plan, PlannedPool, Sourced } from './plan.ts';

type Path = Problem['path'];

/** What a route can be without. Without a condition it would take other requests. */
const OPTIONAL_OF_ROUTE: readonly string[] = ['maxBody', 'timeouts', 'upgrades', 'name'] satisfies (keyof RouteInput)[];

/** False: nothing is left that could be a config. */
export function settlePlan(plan: Plan, ledger: Ledger): boolean {
  for (;;) {
    dropUnusedRoutes(plan, ledger);
    dropUnusedPools(plan, ledger);
    if ([...plan.pools.keys()].every((name) => name === plan.closed)) return false;
    const built = buildConfig(toConfigInput(plan));
    if (!isMistaken(built)) {
      if (plan.listeners.size === 0)
        listenHere(plan, [...plan.pools.values()][0].from, 'since no other address is written', ledger);
      return true;
    }
    // Each round takes something out, so that there is a last one.
    const isSmaller = built.map((problem) => findPart(plan, problem, ledger)).filter((drop) => drop?.() === true);
    if (isSmaller.length === 0) return false;
  }
}

function isMistaken(built: ReturnType<typeof buildConfig>): built is readonly Problem[] {
  return Array.isArray(built);
}

/** A route to a pool that was left out has been told of with the pool. */
function dropUnusedRoutes(plan: Plan, ledger: Ledger): void {
  for (const route of plan.routes.filter(({ value }) => !plan.pools.has(value.pool))) {
    remove(plan.routes, route);
    ledger.leave(route.from, `its pool ${route.value.pool} could not be taken over`, route.from.text);
  }
}

/** A pool that no route leads to would be the pool for everybody where it is the only one. */
function dropUnusedPools({ pools, routes, closed }: Plan, ledger: Ledger): void {
  for (const [name, { from }] of pools) {
    if (routes.some(({ value }) => value.pool === name)) continue;
    pools.delete(name);
    if (name !== closed) ledger.leave(from, 'nothing that was taken over leads to it', from.text);
  }
}

/** What to do about a problem: it takes a part out and lists it. Null where it is about nothing in particular. */
function findPart(plan: Plan, { path, mistake }: Problem, ledger: Ledger): (() => boolean) | null {
  const [section, key, ...rest] = path;
  const { message } = mistake;
  if (section === 'routes' && typeof key === 'number') return dropFromRoute(plan, key, rest, message, ledger);
  if (section === 'pools' && typeof key === 'string') return dropFromPool(plan, key, rest, message, ledger);
  if (section === 'defaults' && plan.maxBody !== null) {
    const { from } = plan.maxBody;
    return () => {
      plan.maxBody = null;
      ledger.leave(from, message, from.text);
      return true;
    };
  }
  const map = mapOf(plan, section);
  const found = map === null ? null : ([...map].find(([name]) => name === (map === plan.top ? section : key)) ?? null);
  if (map === null || found === null) return null;
  return () => {
    ledger.leave(found[1].from, message, found[1].from.text);
    return map.delete(found[0]);
  };
}

function mapOf(plan: Plan, section: Path[number] | undefined): Map<string, Sourced<unknown>> | null {
  if (section === 'listeners') return plan.listeners;
  if (section === 'timeouts') return plan.timeouts;
  return section === 'threads' || section === 'maxConnections' ? plan.top : null;
}

function dropFromRoute(plan: Plan, index: number, rest: Path, message: string, ledger: Ledger): () => boolean {
  const route = plan.routes[index];
  const key = String(rest[0]);
  const earlier = plan.routes.slice(0, index);
  const isTwin = earlier.some(({ value }) => JSON.stringify(value) === JSON.stringify(route.value));
  return () => {
    const at = plan.routes.indexOf(route);
    if (at < 0) return false;
    if (OPTIONAL_OF_ROUTE.includes(key)) {
      plan.routes[at] = { ...route, value: without(route.value, key) };
    } else plan.routes.splice(at, 1);
    if (isTwin) ledger.same(route.from, 'another statement made the same route', route.from.text);
    else if (route.value.pool === plan.closed) ledger.guard(route.from, message, route.from.text);
    else ledger.leave(route.from, message, route.from.text);
    return true;
  };
}

function without(route: RouteInput, key: string): RouteInput {
  return Object.fromEntries(Object.entries(route).filter(([name]) => name !== key)) as unknown as RouteInput;
}

function dropFromPool(plan: Plan, name: string, rest: Path, message: string, ledger: Ledger): (() => boolean) | null {
  const pool = plan.pools.get(name);
  if (pool === undefined) return null;
  const [key, index] = rest;
  if (key === 'endpoints' && typeof index === 'number') return dropEndpoint(pool, index, message, ledger);
  const setting = [...pool.settings].find(([setting]) => setting === key);
  return () => {
    const from = setting?.[1].from ?? pool.from;
    ledger.leave(from, message, from.text);
    return setting === undefined ? plan.pools.delete(name) : pool.settings.delete(setting[0]);
  };
}

function dropEndpoint({ endpoints }: PlannedPool, index: number, message: string, ledger: Ledger): () => boolean {
  const endpoint = endpoints[index];
  return () => {
    if (!remove(endpoints, endpoint)) return false;
    ledger.leave(endpoint.from, message, endpoint.from.text);
    return true;
  };
}

function remove<T>(list: T[], item: T): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
