/**
 * Rates in the units that a limit counts in. GCRA (the generic cell rate algorithm, ITU-T I.371) needs one number for
 * each key: when it will be even again (TAT). It is kept in ticks, so that it fits 32 bits and adding never rounds.
 */

/** So many in such a time. */
export interface RateSpec {
  /** Need not be whole. */
  readonly count: number;
  readonly periodMs: number;
}

/** A rate, how many may come at once, and how long one that comes too early may wait. */
export interface PacedRate {
  readonly rate: RateSpec;
  readonly burst: number;
  readonly waitMs: number;
}

/** What a table of limits counts with, in ticks. */
export interface Pace {
  /** Of one request: what its key is ahead afterwards. */
  readonly cost: number;
  /** How far ahead a key may be after a request. */
  readonly most: number;
  /** How much farther where the request waits for so long. */
  readonly wait: number;
  readonly ticksPerMs: number;
}

/** No tick is shorter, so that 32 bits last a minute. */
const LEAST_TICK_MS = 16e-6;
const MOST_TICKS = 1024;
/** How far ahead a key may ever be: an eighth of what 32 bits tell apart, so that behind is never taken for ahead. */
export const MOST_AHEAD = 2 ** 28;
/** What must not be farther behind when it is next looked at. */
export const SWEEP_TICKS = 2 ** 29;

/** Slowest and fastest rate, in requests each ms. */
export const SLOWEST_PER_MS = 1 / 86_400_000;
export const FASTEST_PER_MS = 10_000;

/** Requests each ms. */
export function perMs({ count, periodMs }: RateSpec): number {
  return count / periodMs;
}

/** Requests that a key may be ahead at most: those of a burst, and those that wait. */
export function mostAhead({ rate, burst, waitMs }: PacedRate): number {
  return burst + Math.ceil(perMs(rate) * waitMs);
}

/** `mostAhead` of the limit is at most {@link MOST_AHEAD}. */
export function paceOf(limit: PacedRate): Pace {
  const { rate, burst, waitMs } = limit;
  const requestMs = 1 / perMs(rate);
  const fitting = Math.floor(MOST_AHEAD / mostAhead(limit));
  const cost = Math.max(1, Math.min(MOST_TICKS, fitting, Math.floor(requestMs / LEAST_TICK_MS)));
  const ticksPerMs = cost / requestMs;
  return { cost, most: burst * cost, wait: Math.ceil(waitMs * ticksPerMs - 1e-6), ticksPerMs };
}

/** Time as a table has it: modulo 2³². */
export function ticksAt(ms: number, { ticksPerMs }: Pick<Pace, 'ticksPerMs'>): number {
  return (ms * ticksPerMs) | 0;
}
