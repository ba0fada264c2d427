/** Active checks: one, or a list of them. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { CheckSpec } from '../core/snapshot.ts';
import { isHostName } from './addresses.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import {
  FIELD_VALUE,
  TOKEN,
  count,
  duration,
  durationOrOff,
  listOf,
  notOneOf,
  object,
  oneOf,
  oneOrMore,
  readWith,
  scalar,
  shortForm,
} from './scalars.ts';
import { describeValue } from './units.ts';

type StatusRange = readonly [number, number];

/** `200`, `200-299` or `2xx`. */
function parseStatusRange(value: unknown): StatusRange | Mistake {
  const text = String(value);
  const group = /^([1-5])xx$/i.exec(text);
  if (group !== null) return [Number(group[1]) * 100, Number(group[1]) * 100 + 99];
  const range = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text);
  const [low, high] = range === null ? [1, 0] : [Number(range[1]), Number(range[2] ?? range[1])];
  if (low <= high) return [low, high];
  return new Mistake(
    `${describeValue(value)} is not a status`,
    'Write a status or a range of them, e.g. 200, 200-299 or 2xx.',
  );
}

const statusRange = scalar(parseStatusRange, {
  anyOf: [
    { type: 'string', pattern: '^(?:[1-5][xX][xX]|[1-5]\\d\\d(?:-[1-5]\\d\\d)?)$' },
    { type: 'integer', minimum: 100, maximum: 599 },
  ],
});

const hostSchema = scalar(
  (value) => {
    if (typeof value === 'string' && (isHostName(value.toLowerCase()) || isIP(value) !== 0)) return value;
    return new Mistake(`${describeValue(value)} is not a host`, 'Write a name such as api.example.com.');
  },
  { type: 'string', words: 'host' },
);

/** The target of a check: a path, and a query if there is one. */
const TARGET_PATTERN = '^/[!-"$-~]*$';
const TARGET = new RegExp(TARGET_PATTERN);
const targetSchema = scalar(
  (value) => {
    if (typeof value === 'string' && TARGET.test(value)) return value;
    return new Mistake(
      `${describeValue(value)} is not a path`,
      'Write a path that begins with a slash, e.g. /healthcheck.',
    );
  },
  { type: 'string', pattern: TARGET_PATTERN, words: 'path and query' },
);

const OWN_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

const headerLines = note(z.record(z.string(), z.unknown()), {
  additionalProperties: { type: 'string' },
  words: 'map of text',
});
const headersSchema = headerLines.transform((written, context) => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(written)) {
    const mistake = checkHeader(name, value);
    if (mistake === null) headers[name.toLowerCase()] = String(value);
    else
      context.issues.push({
        code: 'custom',
        message: mistake.message,
        params: { cure: mistake.cure },
        input: value,
        path: [name],
      });
  }
  return headers;
});

function checkHeader(name: string, value: unknown): Mistake | null {
  if (OWN_HEADERS.has(name.toLowerCase()))
    return new Mistake('a check sets this header itself', 'Take it out; "host" has a key of its own.');
  if (!TOKEN.test(name))
    return new Mistake(`${describeValue(name)} is not the name of a header`, 'Write a name such as x-probe.');
  if (typeof value === 'string' && FIELD_VALUE.test(value)) return null;
  return new Mistake(`${describeValue(value)} can stand in no header`, 'Write text in visible ASCII characters.');
}

const port = count(1, 65535);

const httpSchema = shortForm(
  object(
    {
      path: key(targetSchema.prefault('/'), {
        description: 'What the check asks for, with a query if there is one.',
        example: '/healthcheck',
      }),
      method: key(oneOf(['GET', 'HEAD', 'OPTIONS']).prefault('GET'), {
        description: 'The method of the check.',
        example: 'HEAD',
      }),
      headers: key(headersSchema.prefault({}), {
        description: 'Headers of the check. `User-Agent` is `fairlead-check` unless it is set here.',
        example: { 'x-probe': 'fairlead' },
      }),
      // Redirects are not followed, so they pass.
      status: key(listOf(statusRange, 'status, range, group, or list').prefault(['200-399']), {
        description: 'Answers that pass: a status, a range such as `200-299`, a group such as `2xx`.',
        example: [200, 204],
      }),
      body: key(z.string().default(''), {
        description: 'Text that must occur in the first 64 KiB of the body. Not with `HEAD`.',
        example: 'ok',
        byDefault: 'any body',
        words: 'text',
      }),
      port: key(port.default(0), {
        description: 'Port to ask, at the address of the endpoint.',
        example: 9000,
        byDefault: "the endpoint's",
      }),
      host: key(hostSchema.default(''), {
        description: 'Host header of the check.',
        example: 'health.example.com',
        byDefault: "the endpoint's",
      }),
    },
    'HttpCheck',
  ),
  toLongHttp,
  { type: ['string', 'null'], pattern: TARGET_PATTERN },
);

/** `/ready` is the check of that path; nothing is `{}`. */
export function toLongHttp(value: unknown): unknown {
  return typeof value === 'string' ? { path: value } : (value ?? {});
}

const tcpSchema = shortForm(
  object(
    {
      port: key(port.default(0), {
        description: 'Port to connect to, at the address of the endpoint.',
        example: 9000,
        byDefault: "the endpoint's",
      }),
    },
    'TcpCheck',
  ),
  (value) => value ?? {},
  { type: 'null' },
);

/** `tcp` and `http` alone are a check with nothing said about it. */
export function toLongCheck(value: unknown): unknown {
  return value === 'tcp' || value === 'http' ? { [value]: {} } : value;
}

const TCP_PROBE = { kind: 'tcp', path: '', method: 'GET', headers: {}, status: [], body: '' } as const;

const checkKeys = object(
  {
    tcp: key(tcpSchema.optional(), {
      description: 'A check that passes when the connection opens.',
      example: { port: 9000 },
      byDefault: 'none',
    }),
    http: key(httpSchema.optional(), {
      description:
        'A check that passes on an expected answer; redirects are not followed. A path alone is short for `{ path: … }`.',
      example: { path: '/healthcheck' },
      byDefault: 'none',
      words: 'map, or path',
    }),
    interval: key(duration.prefault('5s'), {
      description: 'From the end of a check to the start of the next, while healthy.',
      example: '10s',
    }),
    fastInterval: key(duration.optional(), {
      description: 'The same while the answers disagree, and after traffic failed.',
      example: '500ms',
      byDefault: '`1s`, at most `interval`',
    }),
    downInterval: key(duration.optional(), {
      description: 'The same while unhealthy.',
      example: '20s',
      byDefault: '`interval`',
    }),
    timeout: key(duration.prefault('2s'), { description: 'For the whole check.', example: '500ms' }),
    rise: key(count(1, 100).prefault(2), { description: 'Passes in a row until healthy.', example: 3 }),
    fall: key(count(1, 100).prefault(3), { description: 'Failures in a row until unhealthy.', example: 2 }),
    maxLatency: key(durationOrOff.prefault('off'), {
      description: 'A slower pass is a failure.',
      example: '200ms',
    }),
    start: key(oneOf(['healthy', 'unhealthy']).prefault('healthy'), {
      description: 'What counts until the first answer, which alone decides.',
      example: 'unhealthy',
    }),
  },
  'Check',
);

type WrittenCheck = z.output<typeof checkKeys>;

const checkSchema = checkForms(
  checkKeys.transform((written, context): CheckSpec => {
    for (const { message, cure, path } of findContradictions(written)) {
      context.issues.push({ code: 'custom', message, params: { cure }, input: written, path });
    }
    return toCheckSpec(written);
  }),
);

/** A map, or the word for a check with nothing said about it. */
function checkForms<T extends z.ZodType>(keys: T) {
  const words = ['tcp', 'http'];
  const read = z.unknown().transform((value, context): z.output<T> => {
    if (typeof value !== 'string' || words.includes(value)) return readWith(keys, toLongCheck(value), context);
    const { message, cure } = notOneOf(value, words, 'Use "tcp", "http", or a map such as { http: /ready }.', 'check');
    context.issues.push({ code: 'custom', message, params: { cure }, input: value });
    return z.NEVER;
  });
  return note(read, { forms: [keys, { enum: words }] });
}

interface Contradiction {
  readonly message: string;
  readonly cure: string;
  readonly path: string[];
}

function findContradictions({ tcp, http }: WrittenCheck): readonly Contradiction[] {
  const found: Contradiction[] = [];
  if (tcp === undefined && http === undefined) {
    const cure = 'Add tcp: {} or http: { path: /healthcheck }.';
    found.push({ message: 'a check says neither tcp nor http', cure, path: [] });
  }
  if (tcp !== undefined && http !== undefined) {
    const cure = 'Make it a list of two checks.';
    found.push({ message: 'a check cannot be both tcp and http', cure, path: [] });
  }
  if (http?.method === 'HEAD' && http.body !== '') {
    const cure = 'Use the method GET, or take "body" out.';
    found.push({ message: 'an answer to HEAD has no body to look into', cure, path: ['http', 'body'] });
  }
  return found;
}

const LONGEST_FAST_INTERVAL_MS = 1000;

function toCheckSpec(written: WrittenCheck): CheckSpec {
  const { tcp, http, interval, fastInterval, downInterval, timeout, rise, fall, maxLatency, start } = written;
  const probe =
    http === undefined ? { ...TCP_PROBE, port: tcp?.port ?? 0, host: '' } : { kind: 'http' as const, ...http };
  return {
    ...probe,
    intervalMs: interval,
    fastIntervalMs: fastInterval ?? Math.min(interval, LONGEST_FAST_INTERVAL_MS),
    downIntervalMs: downInterval ?? interval,
    timeoutMs: timeout,
    rise,
    fall,
    maxLatencyMs: maxLatency,
    startUnhealthy: start === 'unhealthy',
  };
}

const CHECK_WORDS = '`tcp`, `http`, map, list or `off`';

export const checksSchema = oneOrMore(checkSchema, CHECK_WORDS);

/** What stands in `defaults`: it need not say what kind of check it is. */
export const defaultChecksSchema = oneOrMore(checkForms(checkKeys), CHECK_WORDS);
