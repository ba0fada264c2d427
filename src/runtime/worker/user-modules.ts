/**
 * Users' modules of a thread. Each is imported once: Node keeps what it has imported for ever, so that a thread with older
 * code is replaced by one that has the new (`control/middleware-keeper.ts`), and goes on with the older until then. Where
 * nobody can be replaced, without threads, a module that has changed is imported once more, under another address.
 */
import { pathToFileURL } from 'node:url';
import { readMiddleware } from '../../core/middleware/read-middleware.ts';
import type { MiddlewareSpec } from '../../core/middleware/spec.ts';
import type { Middleware } from '../../core/middleware/types.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import type { MiddlewareModules } from '../../http/steps/step-host.ts';
import { takeUserModules } from '../../machine/user-modules.ts';
import type { FailedMiddleware } from '../shared/data-plane-report.ts';
import { SummedReports } from './summed-reports.ts';
import type { SummedReportsOptions } from './summed-reports.ts';

/** What `fairlead` means to them: what middleware are written with, and nothing of a balancer. */
const ENTRY_URL = new URL(
  `../../core/middleware/define.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

export type UserModulesOptions = SummedReportsOptions<FailedMiddleware>;

interface Imported {
  readonly code: string;
  readonly exported: unknown;
}

/** The code under which this thread of Node has imported a path first: data planes may share it (`threads: 0`). */
const firstCodes = new Map<string, string>();

export class UserModules implements MiddlewareModules {
  readonly #failures: SummedReports<FailedMiddleware> | null;
  readonly #imported = new Map<string, Imported>();
  /** By module and options. */
  readonly #made = new Map<string, Middleware>();

  /** Null: nobody wants to hear of failures. */
  constructor(options: UserModulesOptions | null) {
    this.#failures = options === null ? null : new SummedReports(options);
  }

  /** `isAnew`: what has changed is imported once more. Null: all that these routes need is there. */
  loadFor(routes: readonly RouteSpec[], isAnew: boolean): Promise<void> | null {
    const missing = new Map(
      routes
        .flatMap(({ middleware = [] }) => middleware)
        .map((spec) => [keyOf(spec), spec] as const)
        .filter(([key]) => !this.#made.has(key)),
    );
    if (missing.size === 0) {
      this.#keepOnly(routes);
      return null;
    }
    return Promise.all([...missing.values()].map((spec) => this.#load(spec, isAnew))).then(() =>
      this.#keepOnly(routes),
    );
  }

  of(spec: MiddlewareSpec): Middleware {
    const made = this.#made.get(keyOf(spec));
    if (made === undefined) throw new Error(`middleware ${spec.module}: it was not imported`);
    return made;
  }

  failed({ module }: MiddlewareSpec, middleware: string, error: unknown): void {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    this.#failures?.note(`${module} ${middleware}`, { module, middleware, message, stack, count: 1 });
  }

  /** Tells what has not been told. */
  flush(): void {
    this.#failures?.flush();
  }

  /** Forgets what no route needs any more. */
  #keepOnly(routes: readonly RouteSpec[]): void {
    const needed = new Set(routes.flatMap(({ middleware = [] }) => middleware.map(keyOf)));
    for (const key of this.#made.keys()) if (!needed.has(key)) this.#made.delete(key);
  }

  async #load(spec: MiddlewareSpec, isAnew: boolean): Promise<void> {
    const before = this.#imported.get(spec.module);
    const isKept = before !== undefined && (!isAnew || before.code === spec.code);
    const { code, exported } = isKept ? before : await this.#import(spec);
    const made = await readMiddleware(exported, spec.options).catch((error: unknown) => {
      // Older code need not know the options of the new. Whatever it has is right until this thread is replaced.
      const [older] = [...this.#made].filter(([key]) => key.startsWith(`${spec.module}\0`)).map(([, one]) => one);
      if (code === spec.code || older === undefined) throw error;
      return older;
    });
    this.#made.set(keyOf(spec), made);
  }

  async #import({ module, code }: MiddlewareSpec): Promise<Imported> {
    const url = pathToFileURL(module);
    const first = firstCodes.get(module) ?? code;
    firstCodes.set(module, first);
    // Node would give what it has.
    if (first !== code) url.search = code;
    const leave = takeUserModules({ fairlead: ENTRY_URL });
    try {
      const { default: exported } = (await import(url.href)) as { readonly default?: unknown };
      const imported = { code, exported };
      this.#imported.set(module, imported);
      return imported;
    } finally {
      leave();
    }
  }
}

function keyOf({ module, code, options }: MiddlewareSpec): string {
  return `${module}\0${code}\0${JSON.stringify(options)}`;
}
