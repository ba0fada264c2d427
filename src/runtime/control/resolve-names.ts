/**
 * Names of endpoints become addresses here, in the control plane, and never in a connect. A name with several
 * addresses is several endpoints; `localhost` is one endpoint with both families.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Config, EndpointConfig, PoolConfig } from '../../config/config.ts';
import { isUnixAddress } from '../../core/unix-address.ts';
import { codeOrText } from '../../machine/error-code.ts';

/** Resolves to every address of a name, the preferred first. Rejects where there is none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

export const lookupName: Lookup = async (name) => {
  const found = await systemLookup(name, { all: true, order: 'verbatim' });
  return [...new Set(found.map(({ address }) => address))];
};

/** An endpoint of the config with what can be dialled. */
export interface ResolvedEndpoint {
  readonly id: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  readonly isBackup: boolean;
  /** Most requests in flight, 0: no limit. */
  readonly maxRequests: number;
  readonly addresses: readonly string[];
  readonly port: number;
  /** For the Host header. */
  readonly authority: string;
  /** Sockets over all threads, where its agent has said so. */
  readonly maxConnections?: number;
  /** What the cookie of a client says that is bound to it; left out: its pool is not sticky. */
  readonly stickyValue?: string;
}

/** By pool id, in the order of the config. */
export type ResolvedPools = ReadonlyMap<string, readonly ResolvedEndpoint[]>;

/** Some names have no address. `message` names each, with its pool and the reason. */
export class UnresolvedNames extends Error {
  readonly code = 'FL_RESOLVE_NAME';
  override readonly name = 'UnresolvedNames';
}

const LOCALHOST_ADDRESSES = ['127.0.0.1', '::1'];
const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Rejects with {@link UnresolvedNames} unless every name has an address. */
export async function resolveNames(config: Config, lookup: Lookup = lookupName): Promise<ResolvedPools> {
  const failures: string[] = [];
  const entries = config.pools.map(async (pool): Promise<[string, readonly ResolvedEndpoint[]]> => {
    const resolved = pool.endpoints.map((endpoint) =>
      resolveEndpoint(endpoint, pool.tls === null ? HTTP_PORT : HTTPS_PORT, lookup).catch((error: unknown) => {
        failures.push(describeFailure(pool, endpoint, error));
        return [];
      }),
    );
    return [pool.id, (await Promise.all(resolved)).flat()];
  });
  const pools = new Map(await Promise.all(entries));
  if (failures.length > 0) throw new UnresolvedNames(failures.join('; '));
  return pools;
}

async function resolveEndpoint(
  endpoint: EndpointConfig,
  usualPort: number,
  lookup: Lookup,
): Promise<readonly ResolvedEndpoint[]> {
  const { id, host, port, weight, priority, zone, isBackup, maxRequests } = endpoint;
  const own = authorityOf(host, port, usualPort);
  const one = { id, weight, priority, zone, isBackup, maxRequests, port, authority: own };
  if (isUnixAddress(host) || isIP(host) !== 0) return [{ ...one, addresses: [host] }];
  if (host === 'localhost') return [{ ...one, addresses: LOCALHOST_ADDRESSES }];
  const addresses = await lookup(host);
  if (addresses.length === 0) throw new Error('no address');
  if (addresses.length === 1) return [{ ...one, addresses }];
  return addresses.map((address) => ({ ...one, id: `${id}/${address}`, addresses: [address] }));
}

/** A unix socket has no name that a server would know. */
function authorityOf(host: string, port: number, usualPort: number): string {
  if (isUnixAddress(host)) return 'localhost';
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === usualPort ? name : `${name}:${port}`;
}

function describeFailure(pool: PoolConfig, endpoint: EndpointConfig, error: unknown): string {
  const reason = codeOrText(error);
  return `pool ${pool.id}: cannot resolve ${endpoint.host} (${reason})`;
}
