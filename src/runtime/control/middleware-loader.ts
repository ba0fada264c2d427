/** What looks after users' own steps: it is loaded with the first config that has any. */
import type { Config } from '../../config/config.ts';
import type { RouteSpec, Snapshot } from '../../core/snapshot.ts';
import type { MiddlewareKeeper, MiddlewareKeeperOptions } from './middleware-keeper.ts';
import type { MiddlewareStats } from './table-figures.ts';
import type { WorkerSet } from './worker-set.ts';

export class MiddlewareLoader {
  readonly #options: Omit<MiddlewareKeeperOptions, 'workerSlots'>;
  #keeper: MiddlewareKeeper | null = null;
  #readStats: ((route: RouteSpec) => readonly MiddlewareStats[]) | null = null;

  constructor(options: Omit<MiddlewareKeeperOptions, 'workerSlots'>) {
    this.#options = options;
  }

  /** As {@link MiddlewareKeeper.prepare}. */
  async prepare(config: Config, workerSlots: number): Promise<Config> {
    if (this.#keeper === null) {
      if (!config.routes.some(({ middleware }) => middleware !== undefined)) return config;
      const { MiddlewareKeeper, readMiddlewareStats } = await import('./middleware-keeper.ts');
      this.#keeper = new MiddlewareKeeper({ ...this.#options, workerSlots });
      this.#readStats = readMiddlewareStats;
    }
    return this.#keeper.prepare(config);
  }

  /**
   * This snapshot is in effect. What a thread has imported stays as it was: where code has changed, those that served
   * before it are replaced. Whoever cannot be goes on with what it has.
   */
  async settle({ routes, threads }: Snapshot, workers: WorkerSet, before: WorkerSet['serving']): Promise<void> {
    if (this.#keeper?.settle(routes) !== true || threads === 0) return;
    await workers.replaceAll(before).catch((error: unknown) => workers.reportFault(error));
  }

  statsOf(route: RouteSpec): { readonly middleware?: readonly MiddlewareStats[] } {
    return this.#readStats === null || route.middleware === undefined ? {} : { middleware: this.#readStats(route) };
  }

  close(): void {
    this.#keeper?.close();
  }
}
