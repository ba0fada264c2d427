/** Steps that a test drives, on the routes of a running plane whose endpoint echoes the target. */
import type { Routing, Route } from '../../src/http/routing.ts';
import { compileSteps } from '../../src/http/steps/route-steps.ts';
import { LATER } from '../../src/http/steps/step.ts';
import type { Deferral, Step } from '../../src/http/steps/step.ts';
import type { TestPlane } from '../support/data-plane.ts';
import { answering, ok, proxied } from '../support/proxied.ts';
import type { ProxiedOptions } from '../support/proxied.ts';

const echo = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));

/** The requests of a route of `plane`, the first or `/other`, pass these steps from now on. */
export function follow(plane: TestPlane, steps: readonly Step[], index = 0): void {
  const { routing } = plane.plane as unknown as { routing: Routing };
  const path = index === 0 ? '/' : '/other';
  const route = routing.match({ host: 'a', path, rawPath: path, query: '', method: 'GET', lines: '' }) as Route;
  Object.assign(route, { steps: compileSteps(steps), http1Heads: {} });
}

/** Says LATER, and keeps what it may say then. */
export class Slow implements Step {
  readonly name = 'slow';
  readonly deferrals: Deferral[] = [];
  readonly #ms: number;
  cancelled = 0;
  finishes = 0;

  constructor(ms = 10_000) {
    this.#ms = ms;
  }

  onRequest(view: Parameters<NonNullable<Step['onRequest']>>[0]): typeof LATER {
    this.deferrals.push(view.defer(this.#ms));
    return LATER;
  }

  cancel(): void {
    this.cancelled++;
  }

  finished(): void {
    this.finishes++;
  }
}

export function scripted(name: string, options: ProxiedOptions, body: Parameters<typeof proxied>[3]): void {
  proxied(name, options, echo, body);
}
