/** One limit of rate on one thread: whom it lets through, and what it tells clients. */
import { KeySource } from '../../core/keys/key-source.ts';
import { GcraTable } from '../../core/limits/gcra-table.ts';
import type { TableClock } from '../../core/limits/gcra-table.ts';
import type { LimitTables } from '../../core/limits/rate-limit.ts';
import type { RateLimitSpec } from '../../core/limits/rate-limit.ts';

export class RateLimit {
  readonly spec: RateLimitSpec;
  readonly table: GcraTable;
  readonly source: KeySource;
  /** Member of `RateLimit-Policy`. */
  readonly policy: string;

  constructor(spec: RateLimitSpec, { seed, rates }: LimitTables, worker: number) {
    const { id, name, key, burst, rate } = spec;
    const { count, periodMs } = rate;
    this.spec = spec;
    this.table = new GcraTable(rates[id], spec, worker);
    this.source = new KeySource(key, seed);
    this.policy = `"${name}";q=${burst};w=${wholeSeconds((burst * periodMs) / count)}`;
  }

  /** Whether it would refuse the key; nothing changes. */
  refuses(first: number, second: number, clock: TableClock): boolean {
    const { table, spec } = this;
    const { wait } = table.pace;
    if (table.look(first, second, spec.cost, clock.now()) <= wait) return false;
    return table.look(first, second, spec.cost, clock.freshNow()) > wait;
  }

  /** Seconds until the key may come again, at least 1. */
  retryAfter(first: number, second: number, ms: number): number {
    const { wait } = this.table.pace;
    const early = this.table.look(first, second, this.spec.cost, ms) - wait;
    return Math.max(1, this.#seconds(early));
  }

  /** Requests that the key has left at this moment. */
  room(first: number, second: number, ms: number): number {
    this.table.look(first, second, 0, ms);
    const { cost, most } = this.table.pace;
    return Math.max(0, Math.floor((most - this.table.ahead) / cost));
  }

  /** Seconds until the key has a whole burst again; after `room`, of the same key. */
  untilFull(): number {
    return this.#seconds(this.table.ahead);
  }

  #seconds(ticks: number): number {
    return wholeSeconds(ticks / this.table.pace.ticksPerMs);
  }
}

/** Rounded up, but for what comes of reckoning with fractions. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000 - 1e-6);
}
