/** What the limits of routes count in. Configs without limits load nothing of it but this. */
import type { Config } from '../../config/config.ts';
import type { LimitTables } from '../../core/limits/rate-limit.ts';
import type { RateLimitStats } from '../../core/limits/limit-stats.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { RateTables, RateTablesOptions } from './rate-tables.ts';

export class LimitKeeper {
  #rates: RateTables | null = null;
  #seed: LimitTables['seed'] | null = null;

  /** For the routes of a config; undefined: they have no limits. Until `settle` nothing changes. */
  async tablesFor({ routes }: Config, options: RateTablesOptions): Promise<LimitTables | undefined> {
    if (routes.every(({ rateLimit }) => rateLimit === undefined)) return undefined;
    const { RateTables } = await import('./rate-tables.ts');
    this.#rates ??= new RateTables(options);
    this.#seed ??= createSeed();
    return { seed: this.#seed, rates: this.#rates.of(routes) };
  }

  settle({ routes, limits }: Snapshot): void {
    this.#rates?.settle(limits === undefined ? [] : routes, limits?.rates ?? {});
  }

  get stats(): readonly RateLimitStats[] {
    return this.#rates?.stats() ?? [];
  }

  stop(): void {
    this.#rates?.stop();
  }
}

/** Nobody can make keys that meet in one place of a table. */
function createSeed(): LimitTables['seed'] {
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const bytes = randomBytes(8);
  const [low, high] = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  return { low, high };
}
