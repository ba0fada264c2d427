/** What keeps a pool serving: endpoints taken out for a while after failures, requests that wait for it. */
import type { EjectionSpec, QueueSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { growingTimes, longestOf } from './growing-times.ts';
import {
  MOST,
  count,
  duration,
  durationAutoOrOff,
  durationOrOff,
  listOf,
  object,
  orOff,
  percentOrAuto,
  toggle,
  withRule,
} from './scalars.ts';

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
    silence: key(durationAutoOrOff.prefault('auto'), {
      description:
        'An endpoint with 3 requests unanswered for so long, and no byte from it since, while others answer, is ejected. `auto` goes by how long answers take.',
      example: '5s',
    }),
    successRate: key(toggle.prefault('off'), {
      description:
        'Ejects as well where the success rate within 10 s is under mean − 1.9 σ of the pool, with at least 5 endpoints of at least 100 requests.',
      example: 'on',
    }),
    maxShare: key(percentOrAuto.prefault('auto'), {
      description: 'Largest share of the pool that may be ejected. Endpoints that refuse connections do not count.',
      example: '30%',
      byDefault: '`auto`: `50%` of fewer than 10 endpoints, else `30%`',
    }),
    dryRun: key(toggle.prefault('off'), {
      description: 'Ejects no endpoint, and logs which it would have ejected.',
      example: 'on',
    }),
  },
  'Ejection',
);

const ejectionMap = withRule(ejectionKeys, growingTimes('the longest ejection is shorter than the first')).transform(
  ({ failures, statuses, time, maxTime, silence, successRate, maxShare, dryRun }): EjectionSpec => {
    const maxMs = maxTime ?? longestOf(time);
    const maxSharePercent = maxShare === 'auto' ? 0 : maxShare;
    return { enabled: true, failures, statuses, baseMs: time, maxMs, successRate, maxSharePercent, dryRun, silence };
  },
);

const NO_EJECTION: EjectionSpec = { ...ejectionMap.parse({}), enabled: false };

export const ejectionSchema = orOff(ejectionMap, NO_EJECTION);

/** For `defaults`: whether the times fit together is checked in each pool. */
export const defaultEjectionSchema = orOff(ejectionKeys, null);

const queueMap = object(
  {
    max: key(count(0, MOST).prefault(1024), {
      description: 'Most requests that wait, over all threads; beyond it 503 `queue-full`.',
      example: 200,
    }),
    timeout: key(duration.optional(), {
      description:
        'How long requests wait for a place under `maxRequests`, where `target` does not end it sooner; then 503 `queue-timeout`.',
      example: '5s',
      byDefault: '`timeouts.connect`',
    }),
    target: key(durationOrOff.prefault('100ms'), {
      description:
        'A queue in which requests have waited longer than this for as long again sheds those that have waited longer, with 503 `queue-shed`. Set it above the time that answers take.',
      example: '500ms',
    }),
    hold: key(durationOrOff.prefault('10s'), {
      description:
        'How long requests wait while no endpoint can be reached; then 503 `held-too-long`. At most 1 s where none has answered in the last 10 minutes.',
      example: '30s',
    }),
  },
  'Queue',
).transform(({ max, timeout, target, hold }): QueueSpec => {
  return { maxWaiting: max, timeoutMs: timeout ?? 0, targetMs: target, holdMs: hold };
});

export const queueSchema = orOff(queueMap, { ...queueMap.parse({}), maxWaiting: 0, holdMs: 0 });
