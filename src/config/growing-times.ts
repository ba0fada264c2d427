/** `time` and `maxTime`: of what takes twice as long each time, up to a bound. */
import type { Rule } from './scalars.ts';

const DEFAULT_MAX_MS = 60_000;

/** The bound where none is written, ms. */
export function longestOf(timeMs: number): number {
  return Math.max(timeMs, DEFAULT_MAX_MS);
}

/** For `withRule`: the bound is not below the first. */
export function growingTimes(message: string): Rule<{ readonly time: unknown; readonly maxTime?: unknown }> {
  return {
    isKept: ({ time, maxTime }) => typeof time !== 'number' || typeof maxTime !== 'number' || maxTime >= time,
    message,
    cure: 'Raise maxTime or lower time.',
    path: ['maxTime'],
  };
}
