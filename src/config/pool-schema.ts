/** A pool: its endpoints, how one is chosen, and what keeps it available. */
import { z } from 'zod';
import { DEFAULT_POLICY } from '../core/balancer/policies.ts';
import type { CheckSpec, PoolSpec, ProxyHeaderSpec, Timeouts } from '../core/snapshot.ts';
import { parseHostHeader } from './addresses.ts';
import { agentSchema } from './agent-schema.ts';
import { breakerSchema } from './breaker-schema.ts';
import { checksSchema } from './check-schema.ts';
import type { PoolConfig } from './config.ts';
import { key } from './described.ts';
import { addressSchema, endpointSchema } from './endpoint-schema.ts';
import { Mistake } from './errors.ts';
import { poolTlsSchema } from './pool-tls-schema.ts';
import { policySchema } from './policy-schema.ts';
import { outgoingProxySchema } from './proxy-protocol-schema.ts';
import { ejectionSchema, queueSchema } from './resilience-schemas.ts';
import { hedgeSchema } from './hedge-schema.ts';
import { retrySchema } from './retry-schema.ts';
import { stickySchema } from './sticky-schema.ts';
import {
  MOST,
  count,
  countOrOff,
  duration,
  durationOrOff,
  listOf,
  object,
  oneOf,
  orOff,
  scalar,
  shortForm,
  toggle,
} from './scalars.ts';
import { exchangeTimeoutsSchema } from './timeouts-schema.ts';
import { describeValue } from './units.ts';

/** A pool before its name is filled in; its timeouts are for the routes that lead to it. */
export interface WrittenPool extends Omit<PoolConfig, 'id'> {
  readonly timeouts: Partial<Timeouts>;
}

const hostSchema = scalar(
  (value): PoolSpec['host'] | Mistake => {
    if (value === 'client' || value === 'endpoint') return value;
    const cure = 'Write client, endpoint, or a name such as api.example.com.';
    if (typeof value !== 'string') return new Mistake(`${describeValue(value)} is not a host`, cure);
    const name = parseHostHeader(value);
    return name instanceof Mistake ? name : { name };
  },
  { anyOf: [{ enum: ['client', 'endpoint'] }, { type: 'string' }], words: '`client`, `endpoint`, or a name' },
);

export const poolKeys = object(
  {
    policy: key(policySchema.prefault(DEFAULT_POLICY), {
      description:
        'How an endpoint is chosen: `round-robin` (in turn, smooth by weight), `least-connections` (fewest in flight per weight), `random`, `power-of-two` (of two random ones, that with fewer in flight per weight), `peak-ewma` (of two random ones, that which answers sooner for what it has in flight), `hash` (by what requests have in common), `first` (fills one after another).',
      example: 'least-connections',
      words: 'policy',
    }),
    endpoints: key(listOf(endpointSchema, 'list of endpoints'), {
      description: 'The servers; at least one, each address once.',
      example: ['localhost:8081', { address: 'localhost:8082', weight: 2 }],
    }),
    check: key(checksSchema.prefault([]), {
      description: 'Active checks. With several, all must pass.',
      example: { http: { path: '/healthcheck' }, interval: '5s' },
      byDefault: 'none',
    }),
    agent: key(orOff(agentSchema, null).prefault('off'), {
      description:
        "The agent that each server runs beside itself: it sets the server's weight, drains it or takes it out.",
      example: { port: 8081 },
    }),
    ejection: key(ejectionSchema.prefault({}), {
      description: 'Takes an endpoint out for a while after several of its requests in a row have failed.',
      example: { failures: 3 },
      byDefault: 'on',
    }),
    breaker: key(breakerSchema.prefault('off'), {
      description:
        'A circuit breaker for each endpoint: leaves it alone for a while when too large a share of its requests fails.',
      example: { failures: '30%', window: '30s' },
    }),
    retry: key(retrySchema.prefault({}), {
      description: 'Further attempts where a request can safely have them. `off` is one attempt.',
      example: { attempts: 2 },
      byDefault: 'on',
    }),
    sticky: key(stickySchema.prefault('off'), {
      description:
        'Clients stay with their endpoint: `cookie` by a cookie that Fairlead sets, `socket.io` with what Socket.IO needs besides, or a map.',
      example: 'cookie',
    }),
    slowStart: key(durationOrOff.prefault('off'), {
      description:
        'How long an endpoint that was added or has recovered takes to reach its whole share; it begins with a tenth.',
      example: '30s',
    }),
    zones: key(oneOf(['prefer', 'ignore']).prefault('prefer'), {
      description:
        '`prefer`: endpoints in the `zone` of Fairlead get its requests, as long as they are enough for their share.',
      example: 'ignore',
    }),
    queue: key(queueSchema.prefault({}), {
      description: 'Lets requests wait: for a place, and while no endpoint can be reached. `off`: none waits.',
      example: { hold: '30s' },
      byDefault: 'on',
    }),
    hedge: key(hedgeSchema.prefault('off'), {
      description:
        'Sends a request that has no answer yet to a second endpoint as well, where it may be sent twice; the first answer wins. It takes from the retry budget.',
      example: { delay: 'p95' },
    }),
    maxRequests: key(countOrOff().prefault('off'), {
      description:
        'Most requests in flight at all of its endpoints together, over all threads. Those beyond it wait in the queue.',
      example: 500,
    }),
    maxConnections: key(countOrOff().prefault('off'), {
      description: 'Most sockets per endpoint, over all threads, idle ones included.',
      example: 100,
    }),
    maxIdle: key(count(0, MOST).prefault(32), {
      description: 'Most idle sockets kept per endpoint, over all threads; 0 keeps none.',
      example: 16,
    }),
    // Node, uvicorn and Apache close an idle connection at 5 s.
    idleTimeout: key(duration.prefault('4s'), {
      description:
        'How long an idle socket is kept without a hint (`Keep-Alive: timeout=N`) of the server. Raise it only for servers that keep theirs longer.',
      example: '20s',
    }),
    panic: key(toggle.prefault('on'), {
      description:
        'With no endpoint eligible, tries those that are not known to refuse. `off`: requests wait, as `queue` says.',
      example: 'off',
    }),
    host: key(hostSchema.prefault('client'), {
      description:
        "The Host that endpoints get: `client` as it came, `endpoint` the endpoint's own, or a name of your choice.",
      example: 'app.internal',
    }),
    answers: key(oneOf(['strict', 'lenient']).prefault('strict'), {
      description:
        'How heads of answers are read. `lenient` takes lines that end with LF alone, as programs behind the CGI of small servers write them.',
      example: 'lenient',
    }),
    proxyProtocol: key(outgoingProxySchema.prefault('off'), {
      description:
        'Connections to its endpoints begin with a PROXY header, which says who the client is. Each client connection then has connections of its own.',
      example: 'v2',
    }),
    tls: key(poolTlsSchema.prefault('off'), {
      description:
        'Speaks TLS to the endpoints, and to their `http` checks. `on`: with the certificates that the system trusts.',
      example: { ca: './internal-ca.pem' },
    }),
    timeouts: key(exchangeTimeoutsSchema.prefault({}), {
      description: 'Timeouts for the requests to this pool. A route may set its own on top.',
      example: { connect: '500ms' },
      byDefault: 'those of the config',
    }),
  },
  'Pool',
);

export const poolSchema = shortForm(
  poolKeys.transform(({ check, idleTimeout, retry, slowStart, ...pool }): WrittenPool => {
    const checks = check.map((each) => introduced(each, pool.proxyProtocol));
    return { ...pool, ...retry, checks, idleTimeoutMs: idleTimeout, slowStartMs: slowStart };
  }),
  toLongPool,
  z.array(endpointSchema),
  addressSchema,
);

/** A check of the port that requests go to speaks as they do; one of its own is another server's. */
function introduced(check: CheckSpec, header: ProxyHeaderSpec | null): CheckSpec {
  return header === null || check.port !== 0 ? check : { ...check, proxyVersion: header.version };
}

/** A pool written as the list of its endpoints. */
export function toLongPool(value: unknown): unknown {
  return Array.isArray(value) || typeof value === 'string' ? { endpoints: value } : value;
}
