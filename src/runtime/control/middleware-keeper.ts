/**
 * Users' own steps, as the control plane knows them: which code they are of, where their hooks are counted, and whether
 * these keep to their budgets.
 */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { Config, RouteConfig } from '../../config/config.ts';
import { tryMiddleware } from '../../config/middleware-modules.ts';
import type { Clock } from '../../core/clock.ts';
import type { MiddlewareSpec } from '../../core/middleware/spec.ts';
import { quantile } from '../../core/shared/histogram.ts';
import { HOOK_REQUEST, HOOK_RESPONSE, createHookFigures, hookTotals } from '../../core/shared/hook-figures.ts';
import type { Hook, HookTotals } from '../../core/shared/hook-figures.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import type { SlowMiddleware } from './middleware-event.ts';
import type { HookStats, MiddlewareStats } from './table-figures.ts';

/** How often budgets are looked at. */
const LOOK_MS = 10_000;
/** Of fewer calls there is no slowest in a hundred. */
const LEAST_CALLS = 100;
/** How often the same is said. */
const SAY_MS = 60_000;

const HOOKS = [
  [HOOK_REQUEST, 'onRequest'],
  [HOOK_RESPONSE, 'onResponse'],
] as const;

/** What was seen of a hook when it was last looked at, and until when nothing is said of it. */
interface Seen {
  histogram: Float64Array;
  quietUntil: number;
}

export interface MiddlewareKeeperOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly workerSlots: number;
  onSlow(slow: SlowMiddleware): void;
}

export class MiddlewareKeeper {
  readonly #options: MiddlewareKeeperOptions;
  /** The code that threads have of each module, since the first that had it. */
  readonly #codes = new Map<string, string>();
  /** By route, place in it and module. */
  #figures = new Map<string, SharedArrayBuffer>();
  readonly #seen = new WeakMap<SharedArrayBuffer, Map<Hook, Seen>>();
  #routes: readonly RouteSpec[] = [];
  #cancel: Cancel | null = null;

  constructor(options: MiddlewareKeeperOptions) {
    this.#options = options;
  }

  /** The config with what is known of its modules. Rejects with a `MiddlewareError` where one cannot be used, and has changed nothing then. */
  async prepare(config: Config): Promise<Config> {
    const tried = await tryMiddleware(config.routes);
    const routes = config.routes.map((route): RouteConfig => {
      const { middleware } = route;
      if (middleware === undefined) return route;
      const known = middleware.map((spec, index): MiddlewareSpec => {
        const { code, nameOf } = tried.get(spec.module) ?? unknown(spec);
        return { ...spec, code, name: nameOf(spec), figures: this.#figuresOf(`${route.id} ${index} ${spec.module}`) };
      });
      return { ...route, middleware: known };
    });
    return { ...config, routes };
  }

  /** These routes are in effect. Whether threads that were there before have older code of any of them. */
  settle(routes: readonly RouteSpec[]): boolean {
    this.#routes = routes;
    let isOlder = false;
    const used = new Set<SharedArrayBuffer | undefined>();
    for (const { module, code, figures } of routes.flatMap(({ middleware = [] }) => middleware)) {
      const before = this.#codes.get(module);
      isOlder ||= before !== undefined && before !== code;
      this.#codes.set(module, code);
      used.add(figures);
    }
    this.#figures = new Map([...this.#figures].filter(([, figures]) => used.has(figures)));
    this.#lookLater();
    return isOlder;
  }

  close(): void {
    this.#cancel?.();
  }

  #figuresOf(place: string): SharedArrayBuffer {
    const figures = this.#figures.get(place) ?? createHookFigures(this.#options.workerSlots);
    this.#figures.set(place, figures);
    return figures;
  }

  #lookLater(): void {
    this.#cancel?.();
    if (this.#figures.size === 0) return;
    this.#cancel = this.#options.scheduler.after(LOOK_MS, () => {
      for (const { id, middleware = [] } of this.#routes) for (const spec of middleware) this.#look(id, spec);
      this.#lookLater();
    });
  }

  #look(route: string, { name, module, budgetMs, figures }: MiddlewareSpec): void {
    if (figures === undefined) return;
    const now = this.#options.clock.now();
    const seen = this.#seen.get(figures) ?? new Map<Hook, Seen>();
    this.#seen.set(figures, seen);
    for (const [hook, hookName] of HOOKS) {
      const { histogram } = hookTotals(figures, hook);
      const before = seen.get(hook) ?? { histogram: new Float64Array(histogram.length), quietUntil: -Infinity };
      seen.set(hook, before);
      const since = histogram.map((count, bucket) => count - before.histogram[bucket]);
      const calls = since.reduce((sum, count) => sum + count, 0);
      if (calls < LEAST_CALLS) continue;
      before.histogram = histogram;
      const p99Ms = quantile(since, 0.99);
      if (p99Ms <= budgetMs || now < before.quietUntil) continue;
      before.quietUntil = now + SAY_MS;
      this.#options.onSlow({ route, middleware: name, module, hook: hookName, budgetMs, p99Ms, calls });
    }
  }
}

function unknown({ module }: MiddlewareSpec): never {
  throw new Error(`middleware ${module}: it was not tried out`);
}

/** The figures of a route's middleware, in their order. */
export function readMiddlewareStats({ middleware = [] }: RouteSpec): readonly MiddlewareStats[] {
  return middleware.flatMap(({ name, module, figures }) =>
    figures === undefined
      ? []
      : {
          middleware: name,
          module,
          onRequest: toStats(hookTotals(figures, HOOK_REQUEST)),
          onResponse: toStats(hookTotals(figures, HOOK_RESPONSE)),
        },
  );
}

function toStats({ errors, overBudget, histogram }: HookTotals): HookStats {
  const calls = histogram.reduce((sum, count) => sum + count, 0);
  return { calls, errors, overBudget, p50Ms: quantile(histogram, 0.5), p99Ms: quantile(histogram, 0.99) };
}
