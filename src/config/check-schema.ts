/** Active checks: one, or a list of them. */
import { z } from 'zod';
import type { CheckSpec } from '../core/snapshot.ts';
import { listNames } from './closest-name.ts';
import { key, note } from './described.ts';
import { grpcSchema, httpSchema, httpsSchema, tcpSchema } from './probe-schemas.ts';
import {
  type Rule,
  count,
  cureNoMap,
  duration,
  durationOrOff,
  notOneOf,
  object,
  oneOf,
  oneOrMore,
  readWith,
  withRule,
} from './scalars.ts';

/** Every kind of check, by the key that holds what it asks. */
export const CHECK_KINDS = ['tcp', 'http', 'https', 'grpc'] as const;

type CheckKind = (typeof CHECK_KINDS)[number];

/** Its name alone is a check with all defaults. */
export function toLongCheck(value: unknown): unknown {
  return CHECK_KINDS.some((kind) => kind === value) ? { [String(value)]: {} } : value;
}

const checkKeys = object(
  {
    tcp: key(tcpSchema.optional(), {
      description: 'A check that passes when the connection opens, or on the bytes that it is to wait for.',
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
    https: key(httpsSchema.optional(), {
      description:
        'The same over TLS. The name in the certificate is to be `host`, else that of the endpoint. A path alone is short for `{ path: … }`.',
      example: { path: '/healthcheck', ca: '/etc/ssl/internal-ca.pem' },
      byDefault: 'none',
      words: 'map, or path',
    }),
    grpc: key(grpcSchema.optional(), {
      description:
        "A check that passes where gRPC's health service (grpc.health.v1) says SERVING. A service alone is short for `{ service: … }`.",
      example: { service: 'shop.Orders' },
      byDefault: 'none',
      words: 'map, or service',
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

const KIND_NAMES = listNames(CHECK_KINDS);

const RULES: readonly Rule<WrittenCheck>[] = [
  {
    isKept: (written) => kindsOf(written).length > 0,
    message: 'a check does not say what kind it is',
    cure: `Add ${KIND_NAMES}, e.g. tcp: {} or http: { path: /healthcheck }.`,
    path: [],
  },
  {
    isKept: (written) => kindsOf(written).length < 2,
    message: 'a check cannot be of several kinds',
    cure: 'Make it a list of checks.',
    path: [],
  },
  ...(['http', 'https'] as const).map((kind) => ({
    isKept: ({ [kind]: probe }: WrittenCheck): boolean =>
      probe?.method !== 'HEAD' || probe.body === '' || typeof probe.body !== 'string',
    message: 'an answer to HEAD has no body to look into',
    cure: 'Use the method GET, or take "body" out.',
    path: [kind, 'body'],
  })),
];

/** Those that are written, be it wrongly. */
function kindsOf(written: WrittenCheck): readonly CheckKind[] {
  return CHECK_KINDS.filter((kind) => written[kind] !== undefined);
}

const checkSchema = checkForms(
  RULES.reduce((schema, rule) => withRule(schema, rule), checkKeys).transform((written) => toCheckSpec(written)),
);

/** A map, or the word for a check with all defaults. */
function checkForms<T extends z.ZodType>(keys: T) {
  const words: readonly string[] = CHECK_KINDS;
  const read = z.unknown().transform((value, context): z.output<T> => {
    if (typeof value !== 'string' || words.includes(value)) return readWith(keys, toLongCheck(value), context);
    const { message, cure } = notOneOf(value, words, cureNoMap(value, 'Check'), 'check');
    context.issues.push({ code: 'custom', message, params: { cure }, input: value });
    return z.NEVER;
  });
  return note(read, { forms: [keys, { enum: words }] });
}

const LONGEST_FAST_INTERVAL_MS = 1000;

function toCheckSpec(written: WrittenCheck): CheckSpec {
  const { tcp, http, https, grpc, interval, fastInterval, downInterval, timeout, rise, fall, maxLatency, start } =
    written;
  const rhythm = {
    intervalMs: interval,
    fastIntervalMs: fastInterval ?? Math.min(interval, LONGEST_FAST_INTERVAL_MS),
    downIntervalMs: downInterval ?? interval,
    timeoutMs: timeout,
    rise,
    fall,
    maxLatencyMs: maxLatency,
    startUnhealthy: start === 'unhealthy',
  };
  if (http !== undefined) return { kind: 'http', ...http, ...rhythm };
  if (https !== undefined) return { kind: 'https', ...https, ...rhythm };
  if (grpc !== undefined) return { kind: 'grpc', ...grpc, ...rhythm };
  return { kind: 'tcp', port: 0, send: '', expect: '', ...tcp, ...rhythm };
}

const CHECK_WORDS = `${CHECK_KINDS.map((kind) => `\`${kind}\``).join(', ')}, map, list or \`off\``;

export const checksSchema = oneOrMore(checkSchema, CHECK_WORDS);

/** What stands in `defaults`: it need not say what kind of check it is. */
export const defaultChecksSchema = oneOrMore(checkForms(checkKeys), CHECK_WORDS);
