/** What makes a listener one of layer 4. */
import type { TcpSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { poolName } from './pool-name.ts';
import { duration, object, shortForm } from './scalars.ts';

/** Before the times of its pool and of the whole config are filled in. */
export type WrittenTcp = Pick<TcpSpec, 'pool'> & {
  /** Undefined: `timeouts.tcpIdle`. */
  readonly idleMs: number | undefined;
};

const tcpKeys = object(
  {
    pool: key(poolName, { description: 'Where its connections go.', example: 'postgres' }),
    idle: key(duration.optional(), {
      description: 'A session without a byte in either direction is cut after this time.',
      example: '10m',
      byDefault: '`timeouts.tcpIdle`',
    }),
  },
  'TcpListener',
);

export const tcpSchema = shortForm(
  tcpKeys.transform(({ pool, idle }): WrittenTcp => ({ pool, idleMs: idle })),
  (value) => (typeof value === 'string' ? { pool: value } : value),
  poolName,
);
