/** The steps of a route, compiled: null where there are none, and each place where a step is asked has its own list. */
import type { RouteSpec } from '../../core/snapshot.ts';
import type { StepHost } from './step-host.ts';
import type { Step } from './step.ts';

/** Makes what a route asks for, be it one step or several of a kind; null: it asks for nothing. */
export type CreateStep = (spec: RouteSpec, host: StepHost) => Step | readonly Step[] | null;

export interface RouteSteps {
  readonly onRequest: readonly Step[];
  /** Who looks at answers or changes their bodies, in the order in which answers pass; null: nobody. */
  readonly onResponse: readonly Step[] | null;
  readonly finished: readonly Step[] | null;
}

/** `steps` in the order of requests; `answering`: in that of answers. */
export function compileSteps(
  steps: readonly Step[],
  answering: readonly Step[] = steps.toReversed(),
): RouteSteps | null {
  if (steps.length === 0) return null;
  const onResponse = answering.filter((step) => step.onResponse !== undefined || step.transform !== undefined);
  const finished = steps.filter((step) => step.finished !== undefined);
  return {
    onRequest: steps.filter((step) => step.onRequest !== undefined),
    onResponse: onResponse.length === 0 ? null : onResponse,
    finished: finished.length === 0 ? null : finished,
  };
}
