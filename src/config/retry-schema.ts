/** When a failed attempt is followed by another one: of a pool, and of a route where it differs. */
import type { z } from 'zod';
import type { RetryBudgetSpec, RetrySpec } from '../core/snapshot.ts';
import { type KeyNotes, key } from './described.ts';
import type { Mistake } from './errors.ts';
import {
  count,
  durationOrOff,
  listOf,
  notOneOf,
  object,
  orOff,
  parseCount,
  percentOrOff,
  rateOrOff,
  scalar,
  sizeOrOff,
  toggle,
} from './scalars.ts';

const CONDITIONS = ['connect', 'reset', 'timeout'] as const;
type Condition = (typeof CONDITIONS)[number];

const condition = scalar(
  (value): Condition | number | Mistake => {
    if (typeof value === 'number') return parseCount(value, 400, 599);
    const found = CONDITIONS.find((name) => name === value);
    return found ?? notOneOf(value, CONDITIONS, 'Write connect, reset, timeout, or a status such as 503.', 'condition');
  },
  {
    anyOf: [{ enum: CONDITIONS }, { type: 'integer', minimum: 400, maximum: 599 }],
    words: '`connect`, `reset`, `timeout`, 400 to 599',
  },
);

const SHAPES = {
  attempts: count(1, 100),
  retryOn: listOf(condition, 'list of `connect`, `reset`, `timeout` and statuses'),
  replayBuffer: sizeOrOff,
  backoff: durationOrOff,
  maxBackoff: durationOrOff,
  rescue: toggle,
};

const NOTES: Readonly<Record<keyof typeof SHAPES, KeyNotes>> = {
  attempts: {
    description: 'All attempts, the first included. Connects that were refused are not counted.',
    example: 2,
  },
  retryOn: {
    description:
      '`connect`: the connection failed, nothing was sent. For requests that may be sent twice: `reset`, closed before any byte of the answer; `timeout`, `perTry` or `writeIdle` ran out; a status, answered by it. `[]`: none.',
    example: ['connect', 'reset', 503],
  },
  replayBuffer: { description: 'Largest request body kept for another attempt.', example: '16KiB' },
  backoff: {
    description: 'A random time below `backoff` × 2ⁿ passes before the n-th retry. `off`: none.',
    example: '50ms',
  },
  rescue: {
    description:
      'Moves requests that have no answer yet off an endpoint that is down: whose check is refused, reset or not answered, or that was ejected for connects, timeouts or silence.',
    example: 'off',
  },
  maxBackoff: { description: 'The longest of these times. `off`: none passes.', example: '1s' },
};

const budgetMap = object(
  {
    share: key(percentOrOff.prefault('20%'), {
      description: 'Further attempts per requests of the last 10 s, over all threads.',
      example: '10%',
    }),
    floor: key(rateOrOff.prefault('10/s'), {
      description: 'So many besides, for pools with few requests.',
      example: '1/s',
    }),
  },
  'RetryBudget',
).transform(({ share, floor }): RetryBudgetSpec => ({ share: share / 100, perSecond: floor }));

const retryMap = object(
  {
    attempts: key(SHAPES.attempts.prefault(3), NOTES.attempts),
    retryOn: key(SHAPES.retryOn.prefault(['connect', 'reset']), NOTES.retryOn),
    replayBuffer: key(SHAPES.replayBuffer.prefault('64KiB'), NOTES.replayBuffer),
    backoff: key(SHAPES.backoff.prefault('25ms'), NOTES.backoff),
    maxBackoff: key(SHAPES.maxBackoff.prefault('250ms'), NOTES.maxBackoff),
    rescue: key(SHAPES.rescue.prefault('on'), NOTES.rescue),
    budget: key(orOff(budgetMap, null).prefault({}), {
      description: 'Most further attempts for the whole pool, whatever its routes say. `off`: no bound.',
      example: { share: '10%' },
      byDefault: 'on',
    }),
  },
  'Retry',
).transform(({ budget, ...written }): PoolRetry => ({ retry: toRetry(written) as RetrySpec, retryBudget: budget }));

/** What a pool says of retries. */
export interface PoolRetry {
  readonly retry: RetrySpec;
  readonly retryBudget: RetryBudgetSpec | null;
}

/** What goes where nothing is said, and where a route says something in spite of a pool that says `off`. */
const { retry: BY_DEFAULT, retryBudget: BUDGET } = retryMap.parse({});
const OFF: RetrySpec = {
  ...BY_DEFAULT,
  attempts: 1,
  onConnect: false,
  onReset: false,
  onTimeout: false,
  statuses: [],
  rescue: false,
};

export const retrySchema = orOff(retryMap, { retry: OFF, retryBudget: BUDGET });

/** Of a route: what is not written is the pool's. */
export const routeRetrySchema = orOff(
  object(
    {
      attempts: key(SHAPES.attempts.optional(), own('attempts')),
      retryOn: key(SHAPES.retryOn.optional(), own('retryOn')),
      replayBuffer: key(SHAPES.replayBuffer.optional(), own('replayBuffer')),
      backoff: key(SHAPES.backoff.optional(), own('backoff')),
      maxBackoff: key(SHAPES.maxBackoff.optional(), own('maxBackoff')),
      rescue: key(SHAPES.rescue.optional(), own('rescue')),
    },
    'RouteRetry',
  ).transform(toRetry),
  OFF,
);

function own(name: keyof typeof SHAPES): KeyNotes {
  return { ...NOTES[name], byDefault: "the pool's", sameAs: `pools.*.retry.${name}` };
}

/** A pool's and what a route says on top, be it in spite of a pool that says `off`. */
export function retryOf(pool: RetrySpec | undefined, route: Partial<RetrySpec>): RetrySpec {
  const isSilent = Object.keys(route).length === 0;
  return { ...(pool === undefined || (pool === OFF && !isSilent) ? BY_DEFAULT : pool), ...route };
}

interface WrittenRetry {
  readonly attempts?: number | undefined;
  readonly retryOn?: z.output<typeof SHAPES.retryOn> | undefined;
  readonly replayBuffer?: number | undefined;
  readonly backoff?: number | undefined;
  readonly maxBackoff?: number | undefined;
  readonly rescue?: boolean | undefined;
}

/** What was not written stays out. */
function toRetry({ attempts, retryOn, replayBuffer, backoff, maxBackoff, rescue }: WrittenRetry): Partial<RetrySpec> {
  const entries = Object.entries({
    attempts,
    ...(retryOn === undefined ? {} : toConditions(retryOn)),
    replayBytes: replayBuffer,
    backoffMs: backoff,
    maxBackoffMs: maxBackoff,
    rescue,
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

type Conditions = Pick<RetrySpec, 'onConnect' | 'onReset' | 'onTimeout' | 'statuses'>;

function toConditions(retryOn: readonly (Condition | number)[]): Conditions {
  const has = (name: Condition): boolean => retryOn.includes(name);
  const statuses = retryOn.filter((each) => typeof each === 'number');
  return {
    onConnect: has('connect'),
    onReset: has('reset'),
    onTimeout: has('timeout'),
    statuses: [...new Set(statuses)],
  };
}
