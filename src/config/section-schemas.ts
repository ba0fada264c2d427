/** The sections that hold for everything: listeners, timeouts, limits, header rules. */
import { z } from 'zod';
import type { HeaderRules, Limits, ListenerSpec, Timeouts } from '../core/snapshot.ts';
import { parseListenAddress, parseNetwork } from './addresses.ts';
import { DEFAULT_HEADERS, DEFAULT_LIMITS } from './defaults.ts';
import { Mistake } from './errors.ts';
import { MOST, count, duration, durationOrOff, object, oneOf, parseCount, scalar, size, toggle } from './scalars.ts';
import { describeValue } from './units.ts';

export const threadsSchema = scalar((value): number | 'auto' | Mistake => {
  if (value === 'auto') return value;
  const threads = parseCount(value, 0, 1024);
  if (typeof threads === 'number') return threads;
  return new Mistake(
    `${describeValue(value)} is no number of threads`,
    'Write auto, or a whole number from 0 to 1024.',
  );
});

export const maxConnectionsSchema = scalar((value): number | 'auto' | Mistake => {
  if (value === 'auto') return value;
  const most = parseCount(value, 1, MOST);
  if (typeof most === 'number') return most;
  return new Mistake(
    `${describeValue(value)} is no number of connections`,
    'Write auto, or a whole number of at least 1.',
  );
});

export const listenerSchema = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? { address: value } : value),
  object({
    address: scalar(parseListenAddress),
    spread: oneOf(['kernel', 'even']).default('kernel'),
    halfClose: oneOf(['cancel', 'allow']).default('cancel'),
  }).transform(({ address, spread, halfClose }): Omit<ListenerSpec, 'id'> => {
    return { host: address.host, port: address.port, spread, halfClose };
  }),
);

/** Timeouts that a route may set for itself. */
const routeTimeouts = {
  connect: duration.optional(),
  requestBodyIdle: duration.optional(),
  responseHead: duration.optional(),
  responseIdle: duration.optional(),
  tunnelIdle: duration.optional(),
  writeIdle: duration.optional(),
  perTry: durationOrOff.optional(),
  total: durationOrOff.optional(),
};

/** Those that run before a route is known, or for a whole connection. */
const connectionTimeouts = {
  requestHead: duration.optional(),
  keepAlive: duration.optional(),
  drain: duration.optional(),
};

export const timeoutsSchema = object({ ...routeTimeouts, ...connectionTimeouts }).transform(toTimeouts);

const notForRoutes = scalar(
  (): number | Mistake =>
    new Mistake('this timeout runs before a route is known', 'Set it in the timeouts of the whole config.'),
);
export const routeTimeoutsSchema = object({
  ...routeTimeouts,
  requestHead: notForRoutes.optional(),
  keepAlive: notForRoutes.optional(),
  drain: notForRoutes.optional(),
}).transform(toTimeouts);

/** `connect` → `connectMs`; what was not written stays out. */
function toTimeouts(written: Readonly<Record<string, number | undefined>>): Partial<Timeouts> {
  const entries = Object.entries(written).filter(([, ms]) => ms !== undefined);
  return Object.fromEntries(entries.map(([name, ms]) => [`${name}Ms`, ms]));
}

export const limitsSchema = object({
  head: size.default(DEFAULT_LIMITS.headBytes),
  headers: count(1, 10_000).default(DEFAULT_LIMITS.headers),
  target: size.default(DEFAULT_LIMITS.targetBytes),
}).transform(({ head, headers, target }): Limits => ({ headBytes: head, headers, targetBytes: target }));

export const headersSchema = object({
  via: toggle.default(DEFAULT_HEADERS.via),
  forwarded: toggle.default(DEFAULT_HEADERS.forwarded),
}).transform((rules): HeaderRules => rules);

export const trustedProxiesSchema = z.array(scalar(parseNetwork));
