/** A pool: its endpoints, how one is chosen, and what keeps it up. */
import { z } from 'zod';
import { DEFAULT_POLICY, POLICIES } from '../core/balancer/policies.ts';
import type { EjectionSpec, PoolSpec, RetrySpec } from '../core/snapshot.ts';
import { parseEndpointAddress, parseHostHeader } from './addresses.ts';
import { checksSchema } from './check-schema.ts';
import type { EndpointConfig, PoolConfig } from './config.ts';
import {
  DEFAULT_EJECTION,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_MAX_IDLE,
  DEFAULT_RETRY,
  DEFAULT_WEIGHT,
} from './defaults.ts';
import { Mistake } from './errors.ts';
import {
  MOST,
  count,
  countOrOff,
  duration,
  listOf,
  object,
  oneOf,
  orOff,
  scalar,
  sizeOrOff,
  toggle,
} from './scalars.ts';
import { describeValue } from './units.ts';

const LARGEST_WEIGHT = 1000;

const weightSchema = scalar((value) => {
  if (typeof value === 'number' && value >= 0 && value <= LARGEST_WEIGHT) return value;
  return new Mistake(
    `${describeValue(value)} is not a weight`,
    `Write a number from 0 (no requests) to ${LARGEST_WEIGHT}.`,
  );
});

const endpointSchema = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? { address: value } : value),
  object({
    address: scalar((value) => {
      const address = parseEndpointAddress(value);
      return address instanceof Mistake ? address : { ...address, id: String(value).toLowerCase() };
    }),
    weight: weightSchema.default(DEFAULT_WEIGHT),
  }).transform(({ address: { id, host, port }, weight }): EndpointConfig => ({ id, host, port, weight })),
);

const ejectionSchema = orOff(
  object({
    failures: count(1, 1000).default(DEFAULT_EJECTION.failures),
    statuses: listOf(count(400, 599)).default([...DEFAULT_EJECTION.statuses]),
    time: duration.default(DEFAULT_EJECTION.baseMs),
    maxTime: duration.optional(),
  }).transform(({ failures, statuses, time, maxTime }, context): EjectionSpec => {
    const maxMs = maxTime ?? Math.max(time, DEFAULT_EJECTION.maxMs);
    if (maxMs < time) {
      const message = 'the longest ejection is shorter than the first';
      context.issues.push({
        code: 'custom',
        message,
        params: { cure: 'Raise maxTime or lower time.' },
        input: maxTime,
        path: ['maxTime'],
      });
    }
    return { enabled: true, failures, statuses, baseMs: time, maxMs };
  }),
  { ...DEFAULT_EJECTION, enabled: false },
);

const retrySchema = orOff(
  object({
    attempts: count(1, 100).default(DEFAULT_RETRY.attempts),
    retryOn: listOf(oneOf(['connect', 'reset'])).default(['connect', 'reset']),
    replayBuffer: sizeOrOff.default(DEFAULT_RETRY.replayBytes),
  }).transform(({ attempts, retryOn, replayBuffer }): RetrySpec => {
    const [onConnect, onReset] = [retryOn.includes('connect'), retryOn.includes('reset')];
    return { attempts, onConnect, onReset, replayBytes: replayBuffer };
  }),
  { ...DEFAULT_RETRY, attempts: 1 },
);

const hostSchema = scalar((value): PoolSpec['host'] | Mistake => {
  if (value === 'client' || value === 'endpoint') return value;
  const cure = 'Write client, endpoint, or a name such as api.example.com.';
  if (typeof value !== 'string') return new Mistake(`${describeValue(value)} is not a host`, cure);
  const name = parseHostHeader(value);
  return name instanceof Mistake ? name : { name };
});

const POLICY_NAMES = Object.keys(POLICIES);

export const poolSchema = z.preprocess(
  (value) => (Array.isArray(value) || typeof value === 'string' ? { endpoints: value } : value),
  object({
    policy: oneOf(POLICY_NAMES).default(DEFAULT_POLICY),
    endpoints: listOf(endpointSchema),
    check: checksSchema.default([]),
    ejection: ejectionSchema.default(DEFAULT_EJECTION),
    retry: retrySchema.default(DEFAULT_RETRY),
    maxConnections: countOrOff().default(0),
    maxIdle: count(0, MOST).default(DEFAULT_MAX_IDLE),
    idleTimeout: duration.default(DEFAULT_IDLE_TIMEOUT_MS),
    panic: toggle.default(true),
    host: hostSchema.default('client'),
  }).transform(({ check, idleTimeout, ...pool }): Omit<PoolConfig, 'id'> => {
    return { ...pool, checks: check, idleTimeoutMs: idleTimeout };
  }),
);
