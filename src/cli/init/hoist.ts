/** Says once what all routes or all pools of a plan say, so that the config is read more easily. */
import type { RouteInput, TimeoutsInput } from '../../config/config-input.ts';
import type { Plan, Sourced } from './plan.ts';

type Timeouts = Readonly<Record<string, string>>;

export function hoist(plan: Plan): void {
  hoistRouteTimeouts(plan);
  hoistPoolTimeouts(plan);
  hoistMaxBody(plan);
}

function hoistRouteTimeouts({ routes, timeouts }: Plan): void {
  const written = routes.map(({ value }) => (value.timeouts ?? {}) as Timeouts);
  const shared = sharedOf(written, timeouts);
  for (const key of shared) timeouts.set(key as keyof TimeoutsInput, { value: written[0][key], from: routes[0].from });
  for (const [index, route] of routes.entries()) {
    const { timeouts: _, ...others } = route.value;
    const own = without(written[index], shared);
    routes[index] = { ...route, value: Object.keys(own).length === 0 ? others : { ...others, timeouts: own } };
  }
}

function hoistPoolTimeouts({ pools, timeouts }: Plan): void {
  const settings = [...pools.values()].map((pool) => pool.settings);
  const written = settings.map((map) => (map.get('timeouts')?.value ?? {}) as Timeouts);
  const shared = sharedOf(written, timeouts);
  for (const key of shared) {
    const { from } = settings[0].get('timeouts') as Sourced<unknown>;
    timeouts.set(key as keyof TimeoutsInput, { value: written[0][key], from });
  }
  for (const [index, map] of settings.entries()) {
    const found = map.get('timeouts');
    const own = without(written[index], shared);
    if (found === undefined) continue;
    if (Object.keys(own).length === 0) map.delete('timeouts');
    else map.set('timeouts', { ...found, value: own });
  }
}

/** Keys that all have with one value, unless the whole config says otherwise. */
function sharedOf(written: readonly Timeouts[], whole: Plan['timeouts']): readonly string[] {
  const [first, ...others] = written;
  if (first === undefined) return [];
  return Object.keys(first).filter((key) => {
    if (whole.has(key as keyof TimeoutsInput)) return false;
    return others.every((other) => other[key] === first[key]);
  });
}

function without(timeouts: Timeouts, keys: readonly string[]): Timeouts {
  return Object.fromEntries(Object.entries(timeouts).filter(([key]) => !keys.includes(key)));
}

function hoistMaxBody(plan: Plan): void {
  const { routes } = plan;
  const [first] = routes;
  const size = first?.value.maxBody;
  if (size === undefined || routes.some(({ value }) => value.maxBody !== size)) return;
  plan.maxBody = size === 'off' || size === false ? null : { value: size, from: first.from };
  for (const [index, route] of routes.entries()) {
    const { maxBody: _, ...others } = route.value;
    routes[index] = { ...route, value: others satisfies RouteInput };
  }
}
