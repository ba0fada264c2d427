/** The access log: which exchanges get a line, how it looks, and where it goes. */
import { z } from 'zod';
import type { AccessLogSpec, LogFormat, LogTarget, RouteLogSpec } from '../core/access-log.ts';
import { LOG_FORMATS, parseLogFormat } from './access-log-fields.ts';
import { cureBareValue } from './bare-values.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import {
  count,
  duration,
  listOf,
  notOneOf,
  object,
  oneOf,
  orOff,
  readWith,
  scalar,
  shortForm,
  size,
  sizeOrOff,
  toggle,
} from './scalars.ts';
import { describeValue } from './units.ts';
import { isWrittenMap } from './written.ts';

/** Query parameters that usually are secrets. */
const MASKED = [
  'access_token',
  'api_key',
  'apikey',
  'auth',
  'code',
  'key',
  'password',
  'secret',
  'sig',
  'signature',
  'token',
];

const FORMAT_CURE = 'Write json, common, combined, or a text with $fields; where it goes is said by accessLog.to.';

const format = scalar(
  (value): LogFormat | Mistake => {
    if (typeof value !== 'string') return new Mistake(`${describeValue(value)} is not a format`, FORMAT_CURE);
    const known = LOG_FORMATS.find((name) => name === value);
    if (known !== undefined) return known;
    return value.includes('$')
      ? parseLogFormat(value)
      : notOneOf(value, LOG_FORMATS, cureBareValue(value, 'format') ?? FORMAT_CURE, 'format');
  },
  { type: 'string', words: '`json`, `common`, `combined`, or a text with `$fields`' },
);

const share = scalar(
  (value) =>
    typeof value === 'number' && value >= 0 && value <= 1
      ? value
      : new Mistake(`${describeValue(value)} is not a share`, 'Write a number from 0 to 1, e.g. 0.1.'),
  { type: 'number', minimum: 0, maximum: 1, words: '0 to 1' },
);

const rotation = object(
  {
    size: key(sizeOrOff.prefault('100MiB'), {
      description: 'A file that has reached this size is put aside.',
      example: '1GiB',
    }),
    every: key(oneOf(['off', '1h', '1d']).prefault('off'), {
      description: 'A file is put aside at each full hour, or each midnight (UTC), whatever its size.',
      example: '1d',
    }),
    keep: key(count(1, 10_000).prefault(7), {
      description: 'Files put aside that stay; older ones are removed.',
      example: 30,
    }),
    compress: key(toggle.prefault('on'), { description: 'Packs files that are put aside with gzip.', example: 'off' }),
  },
  'LogRotation',
).transform(({ size: bytes, every, keep, compress }) => ({
  bytes,
  every: every === 'off' ? ('' as const) : every,
  keep,
  compress,
}));

const fileTarget = object(
  {
    file: key(filePath('/var/log/fairlead/access.log'), {
      description: 'Path of the file; it is made where it is not there, its folder too.',
      example: '/var/log/fairlead/access.log',
    }),
    rotate: key(orOff(rotation, null).prefault('off'), {
      description: 'Puts the file aside by size or age. Off: leave that to others, who send SIGUSR1 afterwards.',
      example: { size: '1GiB', keep: 30 },
    }),
  },
  'LogFile',
).transform(({ file, rotate }): LogTarget => ({ kind: 'file', path: file, rotate }));

const STREAM_CURE = 'Write stdout, stderr, or { file: access.log }.';

const stream = scalar(
  (value): LogTarget | Mistake =>
    value === 'stdout' || value === 'stderr'
      ? { kind: value }
      : new Mistake(`${describeValue(value)} is not a place for a log`, cureBareValue(value, 'to') ?? STREAM_CURE),
  { enum: ['stdout', 'stderr'] },
);

const target = note(
  z.unknown().transform((value, context): LogTarget => {
    return isWrittenMap(value) ? readWith(fileTarget, value, context) : readWith(stream, value, context);
  }),
  { forms: [stream, fileTarget], words: '`stdout`, `stderr` or a map' },
);

/** What a route may set for itself. */
const choice = {
  level: key(oneOf(['info', 'warn', 'error'], 'level').prefault('info'), {
    description:
      '`info`: a line for every exchange. `warn`: from status 400. `error`: from status 500, and answers that broke off.',
    example: 'warn',
  }),
  only: key(oneOf(['all', 'slow-or-failed']).prefault('all'), {
    description: '`slow-or-failed`: a line only where an exchange took `slow` or longer, or is an error.',
    example: 'slow-or-failed',
  }),
  slow: key(duration.prefault('1s'), {
    description: 'From here on an exchange is slow. Tunnels never are.',
    example: '200ms',
  }),
  sample: key(share.prefault(1), {
    description: 'Share of the lines that are written; slow exchanges and errors always are.',
    example: 0.1,
  }),
};

const accessLogMap = object(
  {
    format: key(format.prefault('json'), {
      description:
        '`json` (pino), `common`, `combined`, or a text of your own, e.g. `$client $method $path $status $totalMs`.',
      example: 'combined',
    }),
    to: key(target.prefault('stdout'), { description: 'Where lines go.', example: { file: 'access.log' } }),
    ...choice,
    mask: key(listOf(z.string(), 'list of names').prefault(MASKED), {
      description: 'Query parameters whose values are replaced by `***`, whatever their case.',
      example: ['token', 'session'],
    }),
    buffer: key(size.prefault('1MiB'), {
      description: 'Room for lines on their way, for each thread. Beyond it lines are dropped and counted.',
      example: '8MiB',
    }),
  },
  'AccessLog',
).transform(({ format: form, to, mask, buffer, level, only, slow, sample }): AccessLogSpec => ({
  format: form,
  to,
  mask: mask.map((name) => name.toLowerCase()),
  bufferBytes: Math.min(Math.max(buffer, 16 * 1024), 2 ** 30),
  unrouted: { level, only, slowMs: slow, sample },
}));

const ON = { enum: ['on', true], words: '`on`', tsType: "'on' | true" };

/** Any other word is read as a format, so that the mistake speaks of formats. */
function toLong(value: unknown): unknown {
  if (value === true || value === 'on') return {};
  return typeof value === 'string' && value !== 'off' ? { format: value } : value;
}

export const accessLogSchema = shortForm(orOff(accessLogMap, null), toLong, ON, { enum: LOG_FORMATS, words: 'format' });

/** Keys that a route does not write are those of the config. */
export type WrittenRouteLog = Partial<RouteLogSpec> | null;

const { level, only, slow, sample } = choice;
const routeLogMap = object(
  {
    level: key(level.unwrap().optional(), {
      description: 'As `accessLog.level`.',
      example: 'warn',
      byDefault: 'that of `accessLog`',
    }),
    only: key(only.unwrap().optional(), {
      description: 'As `accessLog.only`.',
      example: 'slow-or-failed',
      byDefault: 'that of `accessLog`',
    }),
    slow: key(slow.unwrap().optional(), {
      description: 'As `accessLog.slow`.',
      example: '5s',
      byDefault: 'that of `accessLog`',
    }),
    sample: key(sample.unwrap().optional(), {
      description: 'As `accessLog.sample`.',
      example: 0.01,
      byDefault: 'that of `accessLog`',
    }),
  },
  'RouteAccessLog',
).transform((written): WrittenRouteLog => ({
  ...(written.level === undefined ? {} : { level: written.level }),
  ...(written.only === undefined ? {} : { only: written.only }),
  ...(written.slow === undefined ? {} : { slowMs: written.slow }),
  ...(written.sample === undefined ? {} : { sample: written.sample }),
}));

export const routeLogSchema = shortForm(
  orOff(routeLogMap, null),
  (value) => (value === true || value === 'on' ? {} : value),
  ON,
);

/** What a route logs: its own settings over those of the config; null for nothing. */
export function routeLogOf(written: WrittenRouteLog | undefined, accessLog: AccessLogSpec | null): RouteLogSpec | null {
  if (accessLog?.unrouted === undefined || accessLog.unrouted === null || written === null) return null;
  return { ...accessLog.unrouted, ...written };
}
