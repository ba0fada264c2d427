/** The keys at the top level that hold for the whole process: each becomes a field of `Settings` of the same name. */
import type { z } from 'zod';
import type { Settings } from '../core/settings.ts';
import { acmeSchema, stateDirSchema } from './acme-schema.ts';
import { accessLogSchema } from './access-log-schema.ts';
import { key } from './described.ts';
import { adminAddress } from './admin-schema.ts';
import { banTableSchema } from './bans-schema.ts';
import { listsSchema } from './lists-schema.ts';
import { MOST, countOrAuto } from './scalars.ts';
import { zoneName } from './zone-name.ts';
import { headersSchema, limitsSchema, memorySchema, trustedProxiesSchema } from './section-schemas.ts';
import { slowClientsSchema } from './slow-clients-schema.ts';
import { timeoutsSchema } from './timeouts-schema.ts';

export const settingsShape = {
  timeouts: key(timeoutsSchema.prefault({}), {
    description: 'How long each wait may last. Pools and routes may set some of them for themselves.',
    example: { connect: '500ms', total: '30s' },
  }),
  slowClients: key(slowClientsSchema.prefault({}), {
    description:
      'How much clients have to send and take at least. Tunnels, `text/event-stream` and `application/grpc` may be as slow as they like.',
    example: { bodyRate: '1KiB/s', grace: '10s' },
  }),
  limits: key(limitsSchema.prefault({}), {
    description: 'How large the head of a message may be.',
    example: { head: '32KiB' },
  }),
  headers: key(headersSchema.prefault({}), {
    description: 'Which headers Fairlead adds, beside those that it always adds.',
    example: { via: 'off' },
  }),
  trustedProxies: key(trustedProxiesSchema.prefault([]), {
    description:
      'Peers whose `X-Forwarded-*` and `Forwarded` are believed and appended to. Those of all others are replaced.',
    example: ['10.0.0.0/8', 'fd00::/8'],
  }),
  lists: key(listsSchema.optional(), {
    description: 'Named lists of addresses, for `allow` and `deny` of routes. A list is addresses, or a map.',
    example: { office: ['10.0.0.0/8', '2001:db8::/32'] },
    byDefault: 'none',
  }),
  banTable: key(banTableSchema.optional(), {
    description: 'Lets operators ban clients with `fairlead ban`: they get 403 `banned` on every route.',
    example: { keys: 1_000_000 },
    byDefault: 'none: nobody is banned',
  }),
  accessLog: key(accessLogSchema.prefault('off'), {
    description: 'A line for each exchange. `on`: JSON on stdout.',
    example: { format: 'combined', to: { file: 'access.log' } },
  }),
  memory: key(memorySchema.prefault({}), {
    description: 'How much of what strangers send is kept for later.',
    example: { max: '256MiB' },
  }),
  zone: key(zoneName.prefault('none'), {
    description: 'Where this Fairlead stands: endpoints of the same zone are preferred. `none`: nowhere in particular.',
    example: 'eu-1',
  }),
  admin: key(adminAddress.prefault('auto'), {
    description:
      'Where `fairlead run` listens for `fairlead status` and the like: a Unix socket that only its user can open. `auto`: one that is found by the path of the config.',
    example: 'unix:/run/fairlead/admin.sock',
  }),
  stateDir: key(stateDirSchema, {
    description:
      'Folder for what is to be there after a restart: certificates that Fairlead gets, and keys of session tickets. It is made if it is not there.',
    example: '/var/lib/fairlead',
    byDefault: '`$STATE_DIRECTORY`, which systemd sets, else none',
  }),
  acme: key(acmeSchema.prefault('off'), {
    description: 'The authority that certificates come from, for the names in `acme` of listeners.',
    example: { email: 'ops@example.com', terms: 'agreed' },
  }),
  maxConnections: key(countOrAuto(1, MOST, 'connections').prefault('auto'), {
    description:
      'Client connections of the process; beyond it accepting pauses. `auto`: three quarters of (descriptor limit − 256).',
    example: 5000,
  }),
} satisfies Readonly<Record<keyof Settings, z.ZodType>>;
