/** Steps of routes: which there are, in which order, and their code, which most threads need little of. */
import type { RouteSpec } from '../../core/snapshot.ts';
import { compileSteps } from '../../http/steps/route-steps.ts';
import type { CreateStep, RouteSteps } from '../../http/steps/route-steps.ts';
import type { StepHost } from '../../http/steps/step-host.ts';

interface StepPart {
  isIn(spec: RouteSpec): boolean;
  load(): Promise<CreateStep>;
}

/**
 * In the order in which requests pass them, which no config changes. Each is loaded with the first snapshot that has a
 * route with it. A new step is a file in `steps/`, a line here and one in `all-steps.ts`.
 */
const STEPS = {
  bans: {
    isIn: ({ hasBans }) => hasBans === true,
    load: async () => (await import('../../steps/lists/bans.ts')).createBans,
  },
  access: {
    isIn: ({ access }) => access !== undefined,
    load: async () => (await import('../../steps/lists/access.ts')).createAccess,
  },
  rateLimit: {
    isIn: ({ rateLimit }) => rateLimit !== undefined,
    load: async () => (await import('../../steps/limits/rate-limits.ts')).createRateLimits,
  },
  concurrency: {
    isIn: ({ concurrency }) => concurrency !== undefined,
    load: async () => (await import('../../steps/limits/concurrency.ts')).createConcurrency,
  },
  cors: {
    isIn: ({ cors }) => cors !== undefined,
    load: async () => (await import('../../steps/cors/cors.ts')).createCors,
  },
  maxBody: {
    isIn: ({ maxBody }) => maxBody !== 0,
    load: async () => (await import('../../steps/max-body.ts')).createMaxBody,
  },
  corsUpgrades: {
    isIn: ({ cors }) => cors?.upgrades === 'check',
    load: async () => (await import('../../steps/cors/cors.ts')).createUpgradeOrigins,
  },
  middleware: {
    isIn: ({ middleware }) => middleware !== undefined,
    load: async () => (await import('../../steps/middleware/create.ts')).createMiddleware,
  },
  rewriteAnswer: {
    isIn: ({ answerEdits }) => answerEdits !== undefined,
    load: async () => (await import('../../steps/rewrite/response.ts')).createRewriteAnswer,
  },
  redirect: {
    isIn: ({ redirect }) => redirect !== undefined,
    load: async () => (await import('../../steps/redirect.ts')).createRedirect,
  },
  rewriteRequest: {
    isIn: ({ rewriting }) => rewriting !== undefined,
    load: async () => (await import('../../steps/rewrite/request.ts')).createRewriteRequest,
  },
} satisfies Record<string, StepPart>;

export type StepName = keyof typeof STEPS;

const NAMES = Object.keys(STEPS) as readonly StepName[];

/** In the order in which answers pass them; those that are not named look at none. */
const ANSWERING: readonly StepName[] = ['middleware', 'rewriteAnswer', 'cors', 'rateLimit'];

export class StepParts {
  readonly #create: Partial<Record<StepName, CreateStep>>;

  /** `loaded`: what is there from the beginning. */
  constructor(loaded: Readonly<Record<StepName, CreateStep>> | null) {
    this.#create = { ...loaded };
  }

  /** Null: all that these routes need is there. */
  loadFor(routes: readonly RouteSpec[]): Promise<void> | null {
    const missing = NAMES.filter((name) => this.#create[name] === undefined && routes.some(STEPS[name].isIn));
    if (missing.length === 0) return null;
    return Promise.all(missing.map(async (name) => (this.#create[name] = await STEPS[name].load()))).then(() => {});
  }

  stepsOf(spec: RouteSpec, host: StepHost): RouteSteps | null {
    const made = NAMES.filter((name) => STEPS[name].isIn(spec)).map((name) => {
      const create = this.#create[name];
      if (create === undefined) throw new Error(`route ${spec.id}: nothing was loaded for ${name}`);
      return { name, steps: [create(spec, host) ?? []].flat() };
    });
    const answering = ANSWERING.flatMap((name) => made.find((each) => each.name === name)?.steps.toReversed() ?? []);
    return compileSteps(
      made.flatMap(({ steps }) => steps),
      answering,
    );
  }
}
