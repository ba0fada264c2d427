/** When an endpoint is taken out for a while because requests failed there. */
import type { EjectionSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { count, duration, listOf, object, orOff, withRule } from './scalars.ts';

const ejectionKeys = object(
  {
    failures: key(count(1, 1000).prefault(5), {
      description: 'Failures in a row, over all threads: connect error, reset, timeout, or a listed status.',
      example: 3,
    }),
    statuses: key(listOf(count(400, 599), '400 to 599, one or a list').prefault([502, 503, 504]), {
      description: 'Answers that count as failures.',
      example: [500, 503],
    }),
    time: key(duration.prefault('30s'), {
      description: 'The first ejection; the n-th takes n times as long.',
      example: '10s',
    }),
    maxTime: key(duration.optional(), {
      description: 'The longest ejection.',
      example: '1m',
      byDefault: '`300s`, at least `time`',
    }),
  },
  'Ejection',
);

const DEFAULT_MAX_MS = 300_000;

const ejectionMap = withRule(ejectionKeys, {
  isKept: ({ time, maxTime }) => !(typeof time === 'number' && typeof maxTime === 'number') || maxTime >= time,
  message: 'the longest ejection is shorter than the first',
  cure: 'Raise maxTime or lower time.',
  path: ['maxTime'],
}).transform(({ failures, statuses, time, maxTime }): EjectionSpec => {
  const maxMs = maxTime ?? Math.max(time, DEFAULT_MAX_MS);
  return { enabled: true, failures, statuses, baseMs: time, maxMs };
});

const NO_EJECTION: EjectionSpec = { ...ejectionMap.parse({}), enabled: false };

export const ejectionSchema = orOff(ejectionMap, NO_EJECTION);

/** For `defaults`: whether the times fit together is checked in each pool. */
export const defaultEjectionSchema = orOff(ejectionKeys, null);
