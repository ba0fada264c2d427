/** What the limits of routes count in. Configs without limits load nothing of it but this. */
import type { Config } from '../../config/config.ts';
import type { ConcurrencyStats } from '../../core/limits/concurrency.ts';
import type { RateLimitStats } from '../../core/limits/limit-stats.ts';
import type { LimitTables } from '../../core/limits/rate-limit.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { CountTables } from './count-tables.ts';
import type { RateTables, RateTablesOptions } from './rate-tables.ts';
import { createSeed } from './secret-seed.ts';

export interface LimitStats {
  readonly limits: readonly RateLimitStats[];
  readonly concurrency: readonly ConcurrencyStats[];
}

export class LimitKeeper {
  #rates: RateTables | null = null;
  #counts: CountTables | null = null;
  #seed: LimitTables['seed'] | null = null;

  /** For the routes of a config; undefined: they have no limits. Until `settle` nothing changes. */
  async tablesFor({ routes }: Config, options: RateTablesOptions): Promise<LimitTables | undefined> {
    const hasRates = routes.some(({ rateLimit }) => rateLimit !== undefined);
    const hasCounts = routes.some(({ concurrency }) => concurrency !== undefined);
    if (!hasRates && !hasCounts) return undefined;
    if (hasRates) this.#rates ??= new (await import('./rate-tables.ts')).RateTables(options);
    if (hasCounts) this.#counts ??= new (await import('./count-tables.ts')).CountTables(options.workerSlots);
    this.#seed ??= createSeed();
    return { seed: this.#seed, rates: this.#rates?.of(routes) ?? {}, counts: this.#counts?.of(routes) ?? {} };
  }

  settle({ routes, limits }: Snapshot): void {
    this.#rates?.settle(limits === undefined ? [] : routes, limits?.rates ?? {});
    this.#counts?.settle(limits === undefined ? [] : routes, limits?.counts ?? {});
  }

  /** The thread of this slot is gone, and gives back what it held. */
  clearLedgers(worker: number): void {
    this.#counts?.clearLedgers(worker);
  }

  get stats(): LimitStats {
    return { limits: this.#rates?.stats() ?? [], concurrency: this.#counts?.stats() ?? [] };
  }

  stop(): void {
    this.#rates?.stop();
  }
}
