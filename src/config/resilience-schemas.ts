/** When an endpoint is taken out for a while because requests failed there. */
import type { EjectionSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { count, duration, listOf, object, orOff, percentOrAuto, toggle, withRule } from './scalars.ts';

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
    time: key(duration.prefault('2s'), {
      description: 'The first ejection; each further one takes twice as long.',
      example: '10s',
    }),
    maxTime: key(duration.optional(), {
      description: 'The longest ejection.',
      example: '1m',
      byDefault: '`60s`, at least `time`',
    }),
    successRate: key(toggle.prefault('off'), {
      description:
        'Ejects as well where the success rate within 10 s is under mean − 1.9 σ of the pool, with at least 5 endpoints of at least 100 requests.',
      example: 'on',
    }),
    maxShare: key(percentOrAuto.prefault('auto'), {
      description: 'Most of the pool that may be ejected. Who refuses connections does not count.',
      example: '30%',
      byDefault: '`auto`: `50%` of fewer than 10 endpoints, else `30%`',
    }),
    dryRun: key(toggle.prefault('off'), {
      description: 'Ejects nobody, and logs whom it would have ejected.',
      example: 'on',
    }),
  },
  'Ejection',
);

const DEFAULT_MAX_MS = 60_000;

const ejectionMap = withRule(ejectionKeys, {
  isKept: ({ time, maxTime }) => !(typeof time === 'number' && typeof maxTime === 'number') || maxTime >= time,
  message: 'the longest ejection is shorter than the first',
  cure: 'Raise maxTime or lower time.',
  path: ['maxTime'],
}).transform(({ failures, statuses, time, maxTime, successRate, maxShare, dryRun }): EjectionSpec => {
  const maxMs = maxTime ?? Math.max(time, DEFAULT_MAX_MS);
  const maxSharePercent = maxShare === 'auto' ? 0 : maxShare;
  return { enabled: true, failures, statuses, baseMs: time, maxMs, successRate, maxSharePercent, dryRun };
});

const NO_EJECTION: EjectionSpec = { ...ejectionMap.parse({}), enabled: false };

export const ejectionSchema = orOff(ejectionMap, NO_EJECTION);

/** For `defaults`: whether the times fit together is checked in each pool. */
export const defaultEjectionSchema = orOff(ejectionKeys, null);
