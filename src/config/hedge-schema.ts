/** When a request that has no answer yet is sent to a second endpoint as well: of a pool, and of a route. */
import type { HedgeSpec } from '../core/snapshot.ts';
import { type SchemaNode, key } from './described.ts';
import { Mistake } from './errors.ts';
import { isOff, object, orOff, scalar, shortForm } from './scalars.ts';
import { DURATION_PATTERN, describeValue, parseDuration } from './units.ts';

const PERCENTILE = /^p([1-9]\d?)(?:\.(\d))?$/;

const DELAY: SchemaNode = {
  type: 'string',
  pattern: `${PERCENTILE.source}|${DURATION_PATTERN}`,
  words: '`p95` or a duration',
  tsType: 'Percentile | Duration',
};

const delay = scalar((value): HedgeSpec | Mistake => {
  const percentile = typeof value === 'string' ? PERCENTILE.exec(value) : null;
  if (percentile !== null) return { delayMs: 0, percentile: Number(`${percentile[1]}.${percentile[2] ?? 0}`) };
  const delayMs = parseDuration(value);
  if (typeof delayMs === 'number') return { delayMs, percentile: 0 };
  if (typeof value !== 'string' || /^[\d.]+[a-z]*$/i.test(value)) return delayMs;
  const share = /^([1-9]\d?)(?:st|nd|rd|th)?\s*(?:%|percentile)$/i.exec(value);
  if (share !== null) return new Mistake(`${describeValue(value)} is not a percentile`, `Write p${share[1]}.`);
  return value.startsWith('p')
    ? new Mistake(`${describeValue(value)} is not a percentile`, 'Write one from p1 to p99.9, e.g. p95.')
    : new Mistake(
        `${describeValue(value)} is neither a time nor a percentile`,
        'Write a time such as 50ms, or a percentile such as p95.',
      );
}, DELAY);

const hedgeMap = object(
  {
    delay: key(delay, {
      description:
        'How long after the request was sent the second attempt begins: a time, or a percentile of what requests of the route took in the last minute (none before 100 of them).',
      example: 'p95',
    }),
  },
  'Hedge',
).transform((written): HedgeSpec => written.delay);

/** Null: off. A time or a percentile alone is the delay. */
export const hedgeSchema = shortForm(
  orOff(hedgeMap, null),
  (value) => (typeof value === 'string' && !isOff(value) ? { delay: value } : value),
  DELAY,
);
