/** A limit of rate as the config has it, with everything filled in, and what limits count in. */
import type { HashSeed } from '../keys/half-sip-hash.ts';
import type { KeySpec } from '../snapshot.ts';
import type { ConcurrencySpec } from './concurrency.ts';
import type { CountTableHandle } from './count-table.ts';
import type { GcraTableHandle } from './gcra-table.ts';
import type { PacedRate } from './rate.ts';

/** How often requests that belong together may come. */
export interface RateLimitSpec extends PacedRate {
  /** Identity: its name where it stands by itself, else its route and its name, with a blank between them. */
  readonly id: string;
  /** What clients and operators are told. */
  readonly name: string;
  /** What they have in common; `missing` `random`: who lacks a part of it is not limited. */
  readonly key: KeySpec;
  /** Of which there is room for so many. */
  readonly keys: number;
  /** Requests that one counts for. */
  readonly cost: number;
  /** When clients are told about the limit by `RateLimit` and `RateLimit-Policy`. */
  readonly headers: 'refused' | 'always' | 'off';
  /** And by `X-RateLimit-*` as well. */
  readonly legacyHeaders: boolean;
  /** It refuses nobody, and only counts whom it would. */
  readonly dryRun: boolean;
}

/** The tables of all limits as they travel in a snapshot. */
export interface LimitTables {
  /** A secret of this process: nobody can make keys that meet in one bucket. */
  readonly seed: HashSeed;
  /** By the identity of the limit. */
  readonly rates: Readonly<Record<string, GcraTableHandle>>;
  readonly counts: Readonly<Record<string, CountTableHandle>>;
}

/** A route with the limits of its requests. */
export interface Limited {
  /** How often they may come. Left out: as often as they like. */
  readonly rateLimit?: readonly RateLimitSpec[] | undefined;
  /** How many may be under way at the same time. Left out: any number. */
  readonly concurrency?: readonly ConcurrencySpec[] | undefined;
}

/** Whether whoever may go by either route is held back by the same limits. */
export function hasSameLimits(a: Limited, b: Limited): boolean {
  const idsOf = ({ rateLimit = [], concurrency = [] }: Limited): string =>
    [...rateLimit, ...concurrency]
      .map(({ id }) => id)
      .toSorted()
      .join('\n');
  return idsOf(a) === idsOf(b);
}

/** A table stays as long as what it counts means the same. */
export function isSameTable(a: RateLimitSpec, b: RateLimitSpec): boolean {
  return tableText(a) === tableText(b);
}

function tableText({ rate, burst, waitMs, key, keys }: RateLimitSpec): string {
  return JSON.stringify([rate.count, rate.periodMs, burst, waitMs, key.parts, key.missing, keys]);
}
