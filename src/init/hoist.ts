/** Writes once what all routes or all pools of a draft have in common, so that the config is easier to read. */
import type { RouteInput, TimeoutsInput } from '../config/config-input.ts';
import { leadsToServer } from './draft.ts';
import type { Draft, Sourced } from './draft.ts';

type Timeouts = Readonly<Record<string, string>>;

export function hoist(draft: Draft): void {
  hoistRouteTimeouts(draft);
  hoistPoolTimeouts(draft);
  hoistMaxBody(draft);
}

function hoistRouteTimeouts(draft: Draft): void {
  const { routes: all, timeouts } = draft;
  const routes = all.filter(({ value }) => leadsToServer(value, draft));
  const written = routes.map(({ value }) => (value.timeouts ?? {}) as Timeouts);
  const shared = sharedOf(written, timeouts);
  for (const key of shared) timeouts.set(key as keyof TimeoutsInput, { value: written[0][key], from: routes[0].from });
  for (const [index, route] of routes.entries()) {
    const { timeouts: _, ...others } = route.value;
    const own = without(written[index], shared);
    const value = Object.keys(own).length === 0 ? others : { ...others, timeouts: own };
    all[all.indexOf(route)] = { ...route, value };
  }
}

function hoistPoolTimeouts({ pools, timeouts, closed }: Draft): void {
  const settings = [...pools].filter(([name]) => name !== closed).map(([, pool]) => pool.settings);
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
function sharedOf(written: readonly Timeouts[], whole: Draft['timeouts']): readonly string[] {
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

/** What most routes say, where all say something. */
function hoistMaxBody(draft: Draft): void {
  const routes = draft.routes.filter(({ value }) => leadsToServer(value, draft));
  const sizes = routes.map(({ value }) => value.maxBody);
  if (sizes.includes(undefined)) return;
  const timesOf = (size: unknown): number => sizes.filter((other) => other === size).length;
  const [usual] = routes.toSorted((a, b) => timesOf(b.value.maxBody) - timesOf(a.value.maxBody));
  const size = usual?.value.maxBody;
  if (size === undefined || (routes.length > 1 && timesOf(size) === 1)) return;
  draft.maxBody = size === 'off' || size === false ? null : { value: size, from: usual.from };
  for (const route of routes) {
    const { maxBody, ...others } = route.value;
    if (maxBody === size) draft.routes[draft.routes.indexOf(route)] = { ...route, value: others satisfies RouteInput };
  }
}
