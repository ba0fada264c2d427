/**
 * Pools that lead back to where their requests came from: an endpoint of theirs is a listener of the same config, and what
 * that listener takes comes to the pool again. Names other than `localhost` are not resolved: of them nothing is said.
 */
import { isIPv4 } from 'node:net';
import { normalize } from 'node:path';
import { networkInterfaces } from 'node:os';
import type { Config, EndpointConfig } from '../config/config.ts';
import { UNIX_PREFIX, isAbstract, isUnixAddress } from '../core/unix-address.ts';
import type { ListenerSpec } from '../core/snapshot.ts';

type Place = Pick<EndpointConfig, 'host' | 'port'>;

/** `own`: addresses of this machine besides loopback. */
export function warnOfLoops(config: Config, own: readonly string[] = addressesOfThisMachine()): readonly string[] {
  const hops = hopsOf(config, new Set(own.map(toNormalAddress)));
  const sentences = hops
    .filter(({ from, to }) => leadsTo(to, from, hops))
    .map(({ pool, endpoint, to }) => {
      return `pool ${pool}: ${endpoint} is the listener ${to} of this config, which leads back to this pool: requests go round until they fail`;
    });
  // All listeners that take HTTP have the same routes.
  return [...new Set(sentences)];
}

/** From a listener over an endpoint to a listener. */
interface Hop {
  readonly from: string;
  readonly pool: string;
  readonly endpoint: string;
  readonly to: string;
}

function hopsOf({ listeners, pools, routes }: Config, own: ReadonlySet<string>): readonly Hop[] {
  const routed = new Set(routes.flatMap(({ pool, redirect }) => (redirect === undefined ? [pool] : [])));
  const endpointsOf = new Map(pools.map(({ id, endpoints }) => [id, endpoints]));
  return listeners.flatMap((listener) => {
    const alike = listeners.filter(({ udp }) => (udp === undefined) === (listener.udp === undefined));
    return poolsOf(listener, routed).flatMap((pool) =>
      (endpointsOf.get(pool) ?? []).flatMap((endpoint) =>
        alike
          .filter((each) => isSamePlace(each, endpoint, own))
          .map((to): Hop => ({ from: listener.id, pool, endpoint: endpoint.id, to: to.id })),
      ),
    );
  });
}

/** Where what comes by a listener may go. */
function poolsOf({ tcp, udp, tls }: ListenerSpec, routed: ReadonlySet<string>): readonly string[] {
  if (udp !== undefined) return [udp.pool];
  const passed = (tls?.passthrough ?? []).map(({ to }) => to.pool);
  const isOpened = tls === null || tls.certificates.length > 0 || tls.acme.length > 0;
  if (tcp !== undefined) return [tcp.pool, ...passed];
  return isOpened ? [...routed, ...passed] : passed;
}

function leadsTo(from: string, to: string, hops: readonly Hop[]): boolean {
  const reached = new Set([from]);
  // A set is walked with what is added to it meanwhile.
  for (const listener of reached) for (const hop of hops) if (hop.from === listener) reached.add(hop.to);
  return reached.has(to);
}

function isSamePlace(listener: Place, endpoint: Place, own: ReadonlySet<string>): boolean {
  if (isUnixAddress(listener.host) || isUnixAddress(endpoint.host))
    return toSocket(listener.host) === toSocket(endpoint.host);
  if (listener.port === 0 || listener.port !== endpoint.port) return false;
  return addressesAt(endpoint.host).some((address) => listensAt(listener.host, address, own));
}

function toSocket(host: string): string {
  return isUnixAddress(host) && !isAbstract(host) ? UNIX_PREFIX + normalize(host.slice(UNIX_PREFIX.length)) : host;
}

const BOTH_LOOPBACKS = ['127.0.0.1', '::1'];
/** Who connects to one of these comes to this machine. */
const UNSPECIFIED: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** In their normal form; a name that is not known is left as it is. */
function addressesAt(host: string): readonly string[] {
  if (host === 'localhost') return BOTH_LOOPBACKS;
  const address = toNormalAddress(host);
  return [UNSPECIFIED[address] ?? address];
}

function listensAt(host: string, address: string, own: ReadonlySet<string>): boolean {
  if (host === 'localhost') return BOTH_LOOPBACKS.includes(address);
  const listening = toNormalAddress(host);
  const isHere = own.has(address) || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
  // `::` takes IPv4 as well.
  if (listening === '' || listening === '::') return isHere;
  return listening === '0.0.0.0' ? isHere && isIPv4(address) : listening === address;
}

/** `::ffff:127.0.0.1` is 127.0.0.1, and an IPv6 address is written in its shortest form. */
function toNormalAddress(text: string): string {
  if (!text.includes(':')) return text;
  const [bare] = text.split('%');
  const short = URL.canParse(`http://[${bare}]`) ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare;
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = mapped.slice(1).map((group) => parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function addressesOfThisMachine(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}
