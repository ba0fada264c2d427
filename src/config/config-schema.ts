/** The whole config: every key, how it is read, and its description. */
import { z } from 'zod';
import { defaultsSchema } from './defaults-schema.ts';
import { key, note } from './described.ts';
import { poolSchema } from './pool-schema.ts';
import { rateLimitSchema } from './rate-limit-schema.ts';
import { routeSchema } from './route-schema.ts';
import { countOrAuto, listOf, named, object } from './scalars.ts';
import { listenerSchema } from './section-schemas.ts';
import { settingsShape } from './settings-schema.ts';

/** Where Fairlead listens if a config names no listener. */
export const DEFAULT_LISTENER = Object.freeze({ name: 'web', address: '127.0.0.1:8080' });

const sections = object(
  {
    $schema: key(z.string().optional(), {
      description: 'Address of the JSON Schema, for editors. Fairlead does not look at it.',
      example: './fairlead.schema.json',
      byDefault: 'none',
      words: 'text',
    }),
    include: key(listOf(z.string(), 'file, folder or list').optional(), {
      description: 'Files and folders that hold more of the config, relative to this file.',
      example: ['pools.d'],
      byDefault: 'none',
    }),
    listeners: key(
      named(listenerSchema, 'map of listeners by name').prefault({
        [DEFAULT_LISTENER.name]: DEFAULT_LISTENER.address,
      }),
      {
        description: 'Addresses to accept connections on. A listener is an address, or a map.',
        example: { web: ':80' },
      },
    ),
    routes: key(note(z.array(routeSchema), { minItems: 1 }).optional(), {
      description: 'Which requests go to which pool. With a single pool they may be left out.',
      example: [{ match: { path: '/v1/*' }, pool: 'api' }, { pool: 'web' }],
      byDefault: 'one route to the only pool',
      words: 'list of routes',
    }),
    pools: key(named(poolSchema, 'map of pools by name', 'PoolName').optional(), {
      description: 'Named sets of servers. A pool is a list of endpoints, or a map.',
      example: { web: ['localhost:8081'] },
      byDefault: 'required, unless all routes have `redirect`',
    }),
    rateLimits: key(named(rateLimitSchema, 'map of limits by name').optional(), {
      description: 'Limits of rate that several routes share: each route names one in its `rateLimit`.',
      example: { login: { rate: '5/h', burst: 5 } },
      byDefault: 'none',
    }),
    defaults: key(defaultsSchema.prefault({}), {
      description: 'Keys of pools and routes, for all of them that do not write their own.',
      example: { policy: 'least-connections', retry: { attempts: 2 } },
    }),
    threads: key(countOrAuto(0, 1024, 'threads').prefault('auto'), {
      description:
        "Data-plane threads. `auto`: as many as the process has processors. 0: in the caller's thread, for tests and embedding.",
      example: 2,
    }),
    ...settingsShape,
  },
  'Config',
);

/** A config of redirects alone has no pools, and one with a single pool no routes. */
export const configSchema = note(sections, { oneRequired: ['pools', 'routes'] });
