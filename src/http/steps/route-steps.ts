/** The steps of a route, compiled: null where there are none, and each place where a step is asked has its own list. */
import type { RouteSpec } from '../../core/snapshot.ts';
import { createBodyLimit } from './body-limit.ts';
import type { Step } from './step.ts';

/** In the order in which requests pass them, which no config changes. A new step is a file and a line here. */
const STEPS: readonly ((spec: RouteSpec) => Step | null)[] = [createBodyLimit];

export interface RouteSteps {
  readonly onRequest: readonly Step[];
  /** Who looks at answers or changes their bodies, in the order in which answers pass; null: nobody. */
  readonly onResponse: readonly Step[] | null;
  readonly finished: readonly Step[] | null;
}

export function createSteps(spec: RouteSpec): RouteSteps | null {
  return compileSteps(STEPS.flatMap((create) => create(spec) ?? []));
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
