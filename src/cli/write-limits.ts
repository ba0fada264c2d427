/** Limits as a config file writes them, and in words. */
import type { ConcurrencySpec } from '../core/limits/concurrency.ts';
import type { RateLimitSpec } from '../core/limits/rate-limit.ts';
import type { RateSpec } from '../core/limits/rate.ts';
import type { Written } from './written-map.ts';
import { formatDuration, formatDurationOrOff, onOff } from './written-units.ts';

/** Undefined: there are none. */
export function writeNamedLimits(limits: readonly RateLimitSpec[] | undefined): Written | undefined {
  return limits && Object.fromEntries(limits.map((limit) => [limit.name, writeLimit(limit)]));
}

/** One that stands by itself is written by its name. */
export function writeRouteLimits(limits: readonly RateLimitSpec[] | undefined): readonly unknown[] | undefined {
  return limits?.map((limit) => (limit.id === limit.name ? limit.name : { name: limit.name, ...writeLimit(limit) }));
}

function writeLimit(limit: RateLimitSpec): Written {
  const { rate, burst, key, keys, cost, waitMs, headers, legacyHeaders, dryRun } = limit;
  return {
    rate: writeRate(rate),
    burst,
    key: key.parts,
    missing: key.missing === 'client' ? 'client' : 'skip',
    keys,
    cost,
    wait: formatDurationOrOff(waitMs),
    headers,
    legacyHeaders: onOff(legacyHeaders),
    dryRun: onOff(dryRun),
  };
}

/** `100/s`, `100/10s`. */
function writeRate({ count, periodMs }: RateSpec): string {
  return `${count}/${formatDuration(periodMs).replace(/^1(?=[a-z])/, '')}`;
}

/** `at most 100/s by client`, for each; empty: none. */
export function describeLimits(limits: readonly RateLimitSpec[] = []): readonly string[] {
  return limits.map(({ id, name, rate, burst, waitMs, key, dryRun }) => {
    const shared = id === name ? `limit ${name}: ` : '';
    const wait = waitMs === 0 ? '' : `, waiting up to ${formatDuration(waitMs)}`;
    const trial = dryRun ? ', on trial' : '';
    return `${shared}at most ${writeRate(rate)}, ${burst} at once, by ${key.parts.join(' and ')}${wait}${trial}`;
  });
}

/** Undefined: there are none. */
export function writeConcurrency(limits: readonly ConcurrencySpec[] | undefined): readonly Written[] | undefined {
  return limits?.map(({ max, key, keys }) => {
    return { max, key: key.parts, missing: key.missing === 'client' ? 'client' : 'skip', keys };
  });
}

/** `20 at a time by client`, for each; empty: none. */
export function describeConcurrency(limits: readonly ConcurrencySpec[] = []): readonly string[] {
  return limits.map(({ max, key }) => `${max} at a time by ${key.parts.join(' and ')}`);
}
