/** What a config says besides the defaults, as it would be written: nothing that was set stays unseen in `fairlead check`. */
import { toYaml } from '../config/config-keys.ts';
import type { Config } from '../config/config.ts';
import { toConfig } from '../config/to-config.ts';
import { isWrittenMap } from '../config/written.ts';
import { writeConfig } from './write-config.ts';
import type { Written } from './written-map.ts';

/** In YAML on one line each; `''` where there is nothing but defaults. */
export interface ChangedKeys {
  /** By key. */
  readonly settings: readonly (readonly [string, string])[];
  /** In the order of the config; without where its connections go, and which certificates it has and asks for. */
  readonly listeners: readonly string[];
  /** In the order of the config. */
  readonly pools: readonly ChangedPool[];
  /** By route; without what says which requests go where, and the policy. */
  readonly routes: ReadonlyMap<string, string>;
}

interface ChangedPool {
  /** Without policy, check and endpoints. */
  readonly keys: string;
  readonly endpoints: readonly string[];
}

/** As `writeConfig` has them. */
interface WrittenWhole extends Written {
  readonly listeners: Readonly<Record<string, Written>>;
  /** Left out where no listener takes HTTP. */
  readonly routes?: readonly (Written & { readonly name: string; readonly pool?: string })[];
  /** Left out where every route redirects. */
  readonly pools?: Readonly<Record<string, WrittenPool>>;
}

interface WrittenPool extends Written {
  readonly endpoints: readonly Written[];
}

const PLAIN_ENDPOINT = 'localhost:1';
/** One of each kind, since they have other keys. */
const PLAIN_LISTENERS = {
  web: ':80',
  secure: { address: ':443', tls: { certificates: 'plain.pem' } },
  socket: 'unix:/plain.sock',
  dns: { address: ':53', udp: 'plain' },
} as const;
const SHOWN_OF_LISTENER = ['address', 'tcp', 'udp', 'tls'];
const SHOWN_OF_TLS = ['certificates', 'passthrough', 'clientCertificate'];
const SHOWN_OF_UDP = ['pool', 'idle'];
const SHOWN_OF_POOL = ['policy', 'check', 'endpoints'];
const SHOWN_OF_ROUTE = [
  'name',
  'match',
  'pool',
  'redirect',
  'policy',
  'stripPrefix',
  'replacePrefix',
  'guards',
  'allow',
  'deny',
];

export function findChangedKeys(config: Config): ChangedKeys {
  const { threads: _, listeners, routes = [], pools = {}, ...settings } = writeWhole(config);
  const {
    threads: __,
    listeners: plainListeners,
    routes: ___,
    pools: plainPools = {},
    ...plain
  } = writeWhole(
    toConfig({ listeners: PLAIN_LISTENERS, routes: [{ pool: 'plain' }], pools: { plain: [PLAIN_ENDPOINT] } }),
  );
  const plainPool = plainPools['plain'];
  const plainRoutes = new Map(
    Object.entries(pools).map(([id, pool]) => [id, plainRouteTo(id, pool, settings)] as const),
  );
  const plainRedirect = plainRouteTo('plain', plainPool, settings);
  return {
    settings: Object.entries(changes(settings, plain)).map(([key, value]) => [key, toYaml(value)]),
    listeners: Object.values(listeners).map((listener) => inOneLine(changesOfListener(listener, plainListeners))),
    pools: Object.values(pools).map((pool) => ({
      keys: inOneLine(changes(pool, plainPool, SHOWN_OF_POOL)),
      endpoints: pool.endpoints.map((endpoint) => describeEndpoint(endpoint, plainPool.endpoints[0])),
    })),
    routes: new Map(
      routes.map((route) => {
        // Of what a route to a pool says, one that redirects says a little.
        const plainOne = route.pool === undefined ? plainRedirect : (plainRoutes.get(route.pool) ?? {});
        return [route.name, inOneLine(changes(route, plainOne, SHOWN_OF_ROUTE))];
      }),
    ),
  };
}

function changesOfListener(listener: Written, plain: WrittenWhole['listeners']): Written {
  const { web, secure, socket, dns } = plain;
  const isSocket = String(listener['address']).startsWith('unix:');
  return {
    ...changes(listener, isSocket ? socket : web, SHOWN_OF_LISTENER),
    ...changesWithin('tls', listener, secure, SHOWN_OF_TLS),
    ...changesWithin('udp', listener, dns, SHOWN_OF_UDP),
  };
}

/** Of the map that stands under `key`, if one does. */
function changesWithin(key: string, written: Written, plain: Written, without: readonly string[]): Written {
  const [map, other] = [written[key], plain[key]];
  if (!isWrittenMap(map) || !isWrittenMap(other)) return {};
  const changed = changes(map, other, without);
  return Object.keys(changed).length === 0 ? {} : { [key]: changed };
}

/** What a route to the pool is that says nothing itself. */
function plainRouteTo(id: string, pool: WrittenPool, settings: Written): Written {
  const input = { ...settings, pools: { [id]: { ...pool, endpoints: [PLAIN_ENDPOINT] } } };
  return writeWhole(toConfig(input as Parameters<typeof toConfig>[0])).routes?.[0] ?? {};
}

function writeWhole(config: Config): WrittenWhole {
  return writeConfig(config) as WrittenWhole;
}

/** `localhost:8081 (weight 2, backup)`. */
function describeEndpoint(endpoint: Written, plain: Written): string {
  const { address, ...changed } = changes(endpoint, plain);
  const words = Object.entries(changed).map(([key, value]) => (value === 'on' ? key : `${key} ${toYaml(value)}`));
  const name = String(address ?? plain['address']);
  return words.length === 0 ? name : `${name} (${words.join(', ')})`;
}

/** What differs from `plain`, of maps only the keys that do. */
function changes(written: Written, plain: Written, without: readonly string[] = []): Written {
  const changed = Object.entries(written).flatMap(([key, value]): [string, unknown][] => {
    const other = Object.hasOwn(plain, key) ? plain[key] : undefined;
    if (without.includes(key) || JSON.stringify(value) === JSON.stringify(other)) return [];
    return [[key, isWrittenMap(value) && isWrittenMap(other) ? changes(value, other) : value]];
  });
  return Object.fromEntries(changed);
}

function inOneLine(written: Written): string {
  return Object.entries(written)
    .map(([key, value]) => `${key}: ${toYaml(value)}`)
    .join(', ');
}
