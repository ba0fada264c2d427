/** The steps of a route, compiled: null where there are none, and each place where a step is asked has its own list. */
import type { RedirectSpec, RouteSpec } from '../../core/snapshot.ts';
import { createBodyLimit } from './body-limit.ts';
import type { Step } from './step.ts';

export type CreateRedirect = (redirect: RedirectSpec) => Step;

/** In the order in which requests pass them, which no config changes. A new step is a file and a line here. */
const STEPS: readonly ((spec: RouteSpec) => Step | null)[] = [createBodyLimit];

export interface RouteSteps {
  readonly onRequest: readonly Step[];
  /** Who looks at answers or changes their bodies, in the order in which answers pass; null: nobody. */
  readonly onResponse: readonly Step[] | null;
  readonly finished: readonly Step[] | null;
}

/** `createRedirect` ends the steps of a route that has no pool; it is loaded late, with the first of these. */
export function createSteps(spec: RouteSpec, createRedirect: CreateRedirect | null = null): RouteSteps | null {
  const steps = STEPS.flatMap((create) => create(spec) ?? []);
  if (spec.redirect === undefined) return compileSteps(steps);
  if (createRedirect === null) throw new Error(`route ${spec.id}: nothing was loaded for redirect`);
  return compileSteps([...steps, createRedirect(spec.redirect)]);
}

/** `steps` in the order of requests. */
export function compileSteps(steps: readonly Step[]): RouteSteps | null {
  if (steps.length === 0) return null;
  const onResponse = steps.filter((step) => step.onResponse !== undefined || step.transform !== undefined).reverse();
  const finished = steps.filter((step) => step.finished !== undefined);
  return {
    onRequest: steps.filter((step) => step.onRequest !== undefined),
    onResponse: onResponse.length === 0 ? null : onResponse,
    finished: finished.length === 0 ? null : finished,
  };
}
