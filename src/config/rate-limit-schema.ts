/** Limits of rate: of a route, and those with a name that several routes share. */
import { z } from 'zod';
import { MOST_AHEAD, FASTEST_PER_MS, SLOWEST_PER_MS, mostAhead, perMs } from '../core/limits/rate.ts';
import type { RateSpec } from '../core/limits/rate.ts';
import type { RateLimitSpec } from '../core/limits/rate-limit.ts';
import { type SchemaNode, key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { limitKey, missingKey } from './limit-key.ts';
import { NAME_PATTERN } from './names.ts';
import { plainName } from './plain-name.ts';
import { MOST, count, isOff, object, oneOf, readWith, scalar, shortForm, toggle, withRule } from './scalars.ts';
import type { Rule } from './scalars.ts';
import { DURATION_PATTERN, describeValue, parseDuration } from './units.ts';

/** A limit before it has its identity. */
export interface WrittenRateLimit extends Omit<RateLimitSpec, 'id' | 'name'> {
  /** Null: its place. */
  readonly name: string | null;
}

/** What a route says: a limit of its own, or the name of one that it shares. */
export type RouteRateLimit = WrittenRateLimit | { readonly shared: string };

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** As others write them. */
const OTHER_UNITS: Readonly<Record<string, string>> = {
  sec: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  minute: 'm',
  minutes: 'm',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
};
const RATE = /^(\d{1,9}(?:\.\d{1,3})?)\/(\d{1,6})?([smhd])$/;
const OTHER_RATE = /^(\d+(?:\.\d+)?)\s*r?(?:eq(?:uests)?)?\s*(?:\/|per)\s*(\d*)\s*([a-z]+)$/i;
/** What is meant for a rate, and no name. */
export const LIKE_RATE = /^\d[\d.]*(?:\s|r|$)|^\d[\d.]*\s*\/|\s/i;

const RATE_NODE: SchemaNode = { type: 'string', pattern: RATE.source, words: 'rate' };

/** `100/s`, `5/h`, `100/10s`. */
function parseLimitRate(value: unknown): RateSpec | Mistake {
  const cure = 'Write a number and a time, e.g. 100/s, 1000/m, 5/h or 100/10s.';
  const shown = describeValue(value);
  if (typeof value === 'number') return new Mistake(`a rate needs a time, ${value} has none`, `Write ${value}/s.`);
  if (typeof value !== 'string') return new Mistake(`${shown} is not a rate`, cure);
  const found = RATE.exec(value);
  if (found === null) return new Mistake(`${shown} is not a rate`, cureRate(value) ?? cure);
  const rate = { count: Number(found[1]), periodMs: Number(found[2] ?? 1) * UNITS[found[3]] };
  const speed = perMs(rate);
  if (rate.periodMs > 0 && speed >= SLOWEST_PER_MS && speed <= FASTEST_PER_MS) return rate;
  return new Mistake(`${shown} is no rate that can be kept`, 'Write a rate from 1/d to 10000000/s.');
}

function cureRate(value: string): string | null {
  const [, amount, times, unit] = OTHER_RATE.exec(value) ?? [];
  if (amount === undefined) return null;
  const ours = OTHER_UNITS[unit.toLowerCase()] ?? unit.toLowerCase();
  return Object.hasOwn(UNITS, ours) ? `Did you mean "${amount}/${times}${ours}"?` : null;
}

const rate = scalar(parseLimitRate, RATE_NODE);

const wait = scalar(
  (value) => (isOff(value) || (typeof value === 'string' && /^0 ?[a-z]+$/.test(value)) ? 0 : parseDuration(value)),
  {
    anyOf: [
      { type: 'string', pattern: DURATION_PATTERN, words: 'duration', tsType: 'Duration' },
      { enum: ['off', false], tsType: 'Off' },
    ],
    words: 'duration or `off`',
  },
);

const SHAPE = {
  rate: key(rate, {
    description: 'How many requests, and in which time: `s`, `m`, `h`, `d`, or several of one (`100/10s`).',
    example: '100/s',
  }),
  burst: key(count(1, MOST_AHEAD).optional(), {
    description: 'How many may come at once after a pause.',
    example: 200,
    byDefault: 'those of one second, at least 1',
  }),
  key: key(limitKey.prefault('client'), {
    description:
      'What requests have in common that are counted together: `client` (its address, of IPv6 the first 64 bits; `client/24`, `client/48`), `peer`, `host`, `route`, `listener`, `header.NAME`, `cookie.NAME`, `query.NAME`, or a list of these.',
    example: 'header.x-api-key',
  }),
  missing: key(missingKey.prefault('skip'), {
    description:
      'What happens to a request that lacks a part of its key: the limit does not hold for it, or holds for its client.',
    example: 'client',
  }),
  keys: key(count(8, 2 ** 24).prefault(65_536), {
    description:
      'Room for so many different keys, 8 bytes each, rounded up to a power of two. Where there are more, those that have used up the least are forgotten.',
    example: 131_072,
  }),
  cost: key(count(1, MOST).prefault(1), {
    description: 'How many requests one of them counts for.',
    example: 5,
  }),
  wait: key(wait.prefault('off'), {
    description:
      'How long a request that comes too early waits at most, so that requests go on at the rate; `off`: it is refused at once.',
    example: '500ms',
  }),
  headers: key(oneOf(['refused', 'always', 'off']).prefault('refused'), {
    description: 'Which answers have `RateLimit` and `RateLimit-Policy`: those that refuse, all, or none.',
    example: 'always',
  }),
  legacyHeaders: key(toggle.prefault('off'), {
    description: 'Sends `X-RateLimit-Limit`, `-Remaining` and `-Reset` beside them.',
    example: 'on',
  }),
  dryRun: key(toggle.prefault('off'), {
    description: 'Refuses nobody: what would have been refused is counted, and told in the access log.',
    example: 'on',
  }),
};

/** The same keys, described there. */
const NAMED_SHAPE = Object.fromEntries(
  Object.entries(SHAPE).map(([name, each]) => [name, note(each, { sameAs: `routes.*.rateLimit.${name}` })]),
) as typeof SHAPE;

/** What the rules look at; what is wrong by itself is of another type. */
interface ReadKeys {
  readonly rate?: unknown;
  readonly burst?: unknown;
  readonly wait?: unknown;
  readonly cost?: unknown;
}

const IS_PAYABLE: Rule<ReadKeys> = {
  isKept: (written) => typeof written.cost !== 'number' || written.cost <= burstOf(written),
  message: 'one request costs more than a whole burst, and could never pass',
  cure: 'Raise burst, or lower cost.',
  path: ['cost'],
};

const IS_COUNTABLE: Rule<ReadKeys> = {
  isKept: isCountable,
  message: 'burst and wait together are more requests than a limit can count at once',
  cure: `Lower them: burst, and the requests of the time of wait, are at most ${MOST_AHEAD} together.`,
  path: ['burst'],
};

function isRate(value: unknown): value is RateSpec {
  return typeof value === 'object' && value !== null && 'periodMs' in value;
}

function burstOf({ rate: read, burst }: ReadKeys): number {
  if (typeof burst === 'number') return burst;
  return isRate(read) ? Math.max(1, Math.floor(perMs(read) * 1000)) : Infinity;
}

function isCountable(written: ReadKeys): boolean {
  if (!isRate(written.rate) || typeof written.wait !== 'number') return true;
  const burst = burstOf(written);
  return mostAhead({ rate: written.rate, burst, waitMs: written.wait }) <= MOST_AHEAD;
}

const limitKeys = withRule(withRule(object(NAMED_SHAPE, 'RateLimit'), IS_PAYABLE), IS_COUNTABLE);

const inlineKeys = withRule(
  withRule(
    object(
      {
        name: key(plainName.optional(), {
          description: 'What the limit is called in answers and figures. A route has none of them twice.',
          example: 'keys',
          byDefault: 'its place, from `1`',
        }),
        ...SHAPE,
      },
      'RouteRateLimit',
    ),
    IS_PAYABLE,
  ),
  IS_COUNTABLE,
);

function toLimit(written: z.output<typeof limitKeys>, name: string | null): WrittenRateLimit {
  const { rate: read, key: parts, missing, keys, cost, wait: waitMs, headers, legacyHeaders, dryRun } = written;
  return {
    name,
    rate: read,
    burst: burstOf(written),
    waitMs,
    key: { parts, missing: missing === 'client' ? 'client' : 'random' },
    keys,
    cost,
    headers,
    legacyHeaders,
    dryRun,
  };
}

const NAME_NODE: SchemaNode = { type: 'string', pattern: NAME_PATTERN, words: 'name of a limit' };

function toLong(value: unknown): unknown {
  return typeof value === 'string' || typeof value === 'number' ? { rate: value } : value;
}

const inlineLimit = inlineKeys.transform((written): WrittenRateLimit => toLimit(written, written.name ?? null));

const entry = note(
  z.unknown().transform((value, context): RouteRateLimit => {
    if (typeof value === 'string' && !LIKE_RATE.test(value)) return { shared: readWith(plainName, value, context) };
    return readWith(inlineLimit, toLong(value), context);
  }),
  { forms: [inlineKeys, RATE_NODE, NAME_NODE] },
);

/** The limits of a route. */
export const routeRateLimits = note(
  z.preprocess((value) => (value === undefined ? value : isOff(value) ? [] : [value].flat()), z.array(entry)),
  {
    // `off` is a text as well, for the compiler.
    forms: [entry, z.array(entry), { enum: ['off', false], words: '`off`', tsType: 'false' }],
    words: 'rate, name of a limit, map, or a list of them',
  },
);

/** A limit that stands by itself. */
export const rateLimitSchema = shortForm(
  limitKeys.transform((written) => toLimit(written, null)),
  toLong,
  RATE_NODE,
);
