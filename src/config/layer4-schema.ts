/** What makes a listener one of layer 4. */
import type { TcpSpec, UdpSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { poolName } from './pool-name.ts';
import { MOST, count, duration, object, shortForm } from './scalars.ts';
import { isWrittenMap } from './written.ts';

/** Before the times of its pool and of the whole config are filled in. */
export type WrittenTcp = Pick<TcpSpec, 'pool'> & {
  /** Undefined: `timeouts.tcpIdle`. */
  readonly idleMs: number | undefined;
};

/** What is no map is read as the name of the pool. */
function toLong(value: unknown): unknown {
  return value === undefined || isWrittenMap(value) ? value : { pool: value };
}

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
  toLong,
  poolName,
);

/** Before the times of its pool are filled in. */
export type WrittenUdp = Omit<UdpSpec, 'connectMs'>;

const udpKeys = object(
  {
    pool: key(poolName, { description: 'Where its datagrams go.', example: 'resolvers' }),
    idle: key(duration.prefault('30s'), {
      description:
        'A session without a datagram in either direction is over after this time. The next one of its client begins another, perhaps at another endpoint.',
      example: '5s',
    }),
    maxSessions: key(count(1, MOST).prefault(10_000), {
      description:
        'Most sessions at a time: every thread has an equal share. Beyond it datagrams of new clients are dropped, and counted. All listeners of UDP together have a quarter of `maxConnections` at most, in equal shares.',
      example: 50_000,
    }),
  },
  'UdpListener',
);

export const udpSchema = shortForm(
  udpKeys.transform(({ pool, idle, maxSessions }): WrittenUdp => ({ pool, idleMs: idle, maxSessions })),
  toLong,
  poolName,
);
