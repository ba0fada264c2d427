/** The circuit breakers of a pool, one for each endpoint. */
import { MOST_TRIALS } from '../core/shared/pool-layout.ts';
import type { BreakerSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { growingTimes, longestOf } from './growing-times.ts';
import { MOST, count, countOrOff, duration, object, orOff, percent, toggle, withRule } from './scalars.ts';

const breakerKeys = object(
  {
    failures: key(percent.prefault('50%'), {
      description: 'Opens where at least this share of the requests within `window` failed.',
      example: '30%',
    }),
    window: key(duration.prefault('10s'), {
      description: 'How far that share looks back.',
      example: '30s',
    }),
    requests: key(count(1, MOST).prefault(20), {
      description: 'With fewer requests within `window`, their share does not count.',
      example: 100,
    }),
    inARow: key(countOrOff(1000).prefault(5), {
      description: 'Opens as well after this many failures in a row, over all threads.',
      example: 10,
    }),
    time: key(duration.prefault('5s'), {
      description: 'How long it is open at first; each further time takes twice as long.',
      example: '2s',
    }),
    maxTime: key(duration.optional(), {
      description: 'The longest time that it is open.',
      example: '2m',
      byDefault: '`60s`, at least `time`',
    }),
    probes: key(count(1, MOST_TRIALS).prefault(3), {
      description:
        'Requests that are let through when that time is over; it closes when all of them have been answered well.',
      example: 1,
    }),
    failFast: key(toggle.prefault('off'), {
      description:
        'Opens even for the last endpoint that is left, and whatever the others do. Requests that find no endpoint are answered 503 `breaker-open` at once.',
      example: 'on',
    }),
  },
  'Breaker',
);

const SHORTEST_WINDOW_MS = 1000;

const windowed = withRule(breakerKeys, {
  isKept: ({ window }) => typeof window !== 'number' || window >= SHORTEST_WINDOW_MS,
  message: 'the window is too short',
  cure: 'Write at least 1s.',
  path: ['window'],
});

const breakerMap = withRule(windowed, growingTimes('the longest time is shorter than the first')).transform(
  ({ failures, window, requests, inARow, time, maxTime, probes, failFast }): BreakerSpec => {
    const maxMs = maxTime ?? longestOf(time);
    return { failuresPercent: failures, windowMs: window, requests, inARow, baseMs: time, maxMs, probes, failFast };
  },
);

/** Null: none. */
export const breakerSchema = orOff(breakerMap, null);

/** For `defaults`: whether the times fit together is checked in each pool. */
export const defaultBreakerSchema = orOff(breakerKeys, null);
