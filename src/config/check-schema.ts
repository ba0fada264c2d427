/** Active checks: one, or a list of them. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { CheckSpec } from '../core/snapshot.ts';
import { isHostName } from './addresses.ts';
import { DEFAULT_CHECK, DEFAULT_CHECK_STATUS } from './defaults.ts';
import { Mistake } from './errors.ts';
import { FIELD_VALUE, TOKEN, count, duration, durationOrOff, listOf, object, oneOf, scalar } from './scalars.ts';
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

const hostSchema = scalar((value) => {
  if (typeof value === 'string' && (isHostName(value.toLowerCase()) || isIP(value) !== 0)) return value;
  return new Mistake(`${describeValue(value)} is not a host`, 'Write a name such as api.example.com.');
});

/** The target of a check: a path, and a query if there is one. */
const targetSchema = scalar((value) => {
  if (typeof value === 'string' && /^\/[!-"$-~]*$/.test(value)) return value;
  return new Mistake(
    `${describeValue(value)} is not a path`,
    'Write a path that begins with a slash, e.g. /healthcheck.',
  );
});

const OWN_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

const headersSchema = z.record(z.string(), z.unknown()).transform((written, context) => {
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

const httpSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { path: value } : (value ?? {})),
  object({
    path: targetSchema.default('/'),
    method: oneOf(['GET', 'HEAD', 'OPTIONS']).default('GET'),
    headers: headersSchema.default({}),
    status: listOf(scalar(parseStatusRange)).default([...DEFAULT_CHECK_STATUS]),
    body: z.string().default(''),
    port: count(1, 65535).default(0),
    host: hostSchema.default(''),
  }),
);

const tcpSchema = z.preprocess((value) => value ?? {}, object({ port: count(1, 65535).default(0) }));

/** `tcp` and `http` alone are a check with nothing said about it. */
function fromWord(value: unknown): unknown {
  return value === 'tcp' || value === 'http' ? { [value]: {} } : value;
}

const TCP_PROBE = { kind: 'tcp', path: '', method: 'GET', headers: {}, status: [], body: '' } as const;

const checkSchema = z.preprocess(
  fromWord,
  object({
    tcp: tcpSchema.optional(),
    http: httpSchema.optional(),
    interval: duration.default(DEFAULT_CHECK.intervalMs),
    fastInterval: duration.optional(),
    downInterval: duration.optional(),
    timeout: duration.default(DEFAULT_CHECK.timeoutMs),
    rise: count(1, 100).default(DEFAULT_CHECK.rise),
    fall: count(1, 100).default(DEFAULT_CHECK.fall),
    maxLatency: durationOrOff.default(0),
    start: oneOf(['healthy', 'unhealthy']).default('healthy'),
  }).transform((written, context): CheckSpec => {
    const { tcp, http, interval, fastInterval, downInterval, timeout, rise, fall, maxLatency, start } = written;
    if ((tcp === undefined) === (http === undefined)) {
      const message = tcp === undefined ? 'a check says neither tcp nor http' : 'a check cannot be both tcp and http';
      const cure = tcp === undefined ? 'Add tcp: {} or http: { path: /healthcheck }.' : 'Make it a list of two checks.';
      context.issues.push({ code: 'custom', message, params: { cure }, input: written });
    }
    if (http?.method === 'HEAD' && http.body !== '') {
      const message = 'an answer to HEAD has no body to look into';
      const cure = 'Use the method GET, or take "body" out.';
      context.issues.push({ code: 'custom', message, params: { cure }, input: http.body, path: ['http', 'body'] });
    }
    const probe =
      http === undefined ? { ...TCP_PROBE, port: tcp?.port ?? 0, host: '' } : { kind: 'http' as const, ...http };
    return {
      ...probe,
      intervalMs: interval,
      fastIntervalMs: fastInterval ?? Math.min(interval, DEFAULT_CHECK.fastIntervalMs),
      downIntervalMs: downInterval ?? interval,
      timeoutMs: timeout,
      rise,
      fall,
      maxLatencyMs: maxLatency,
      startUnhealthy: start === 'unhealthy',
    };
  }),
);

export const checksSchema = listOf(checkSchema);
