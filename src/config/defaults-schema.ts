/** `defaults`: keys of pools and routes, for all that do not write them. */
import type { z } from 'zod';
import { defaultBreakerSchema } from './breaker-schema.ts';
import { defaultChecksSchema } from './check-schema.ts';
import { note, notesOf } from './described.ts';
import { poolKeys } from './pool-schema.ts';
import { defaultEjectionSchema } from './resilience-schemas.ts';
import { routeKeys } from './route-schema.ts';
import { Mistake } from './errors.ts';
import { object, scalar } from './scalars.ts';

const pool = poolKeys.shape;
const route = routeKeys.shape;

const elsewhere = scalar(
  (): null | Mistake =>
    new Mistake('timeouts do not stand here', 'Write them at the top level: timeouts: { connect: 500ms }.'),
  {},
);

/** A mistake that involves two of them is found in the pools that take them over. */
export const defaultsSchema = object(
  {
    policy: common('pools.*.policy', pool.policy),
    check: common('pools.*.check', pool.check, defaultChecksSchema),
    ejection: common('pools.*.ejection', pool.ejection, defaultEjectionSchema),
    breaker: common('pools.*.breaker', pool.breaker, defaultBreakerSchema),
    retry: common('pools.*.retry', pool.retry),
    hedge: common('pools.*.hedge', pool.hedge),
    sticky: common('pools.*.sticky', pool.sticky),
    slowStart: common('pools.*.slowStart', pool.slowStart),
    zones: common('pools.*.zones', pool.zones),
    queue: common('pools.*.queue', pool.queue),
    maxRequests: common('pools.*.maxRequests', pool.maxRequests),
    maxConnections: common('pools.*.maxConnections', pool.maxConnections),
    maxIdle: common('pools.*.maxIdle', pool.maxIdle),
    idleTimeout: common('pools.*.idleTimeout', pool.idleTimeout),
    panic: common('pools.*.panic', pool.panic),
    host: common('pools.*.host', pool.host),
    answers: common('pools.*.answers', pool.answers),
    tls: common('pools.*.tls', pool.tls),
    upgrades: common('routes.*.upgrades', route.upgrades),
    maxBody: common('routes.*.maxBody', route.maxBody),
    timeouts: note(elsewhere.optional(), { hidden: true }),
  },
  'Defaults',
);

/** The key described as in the pool or route; its default value stays there. */
function common<T extends z.ZodType>(
  sameAs: string,
  original: z.ZodPrefault<T>,
  schema: z.ZodType = original.unwrap(),
) {
  return note(schema.optional(), { ...notesOf(original), sameAs });
}
