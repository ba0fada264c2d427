/** A time as a person would write it in a config. */
import type { Duration } from '../config/written-values.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** In the largest unit that it is a whole number of: 90000 is `90s`. */
export function toDuration(ms: number): Duration {
  const unit = UNITS.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
