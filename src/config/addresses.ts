/** Addresses, host names and networks as the config writes them. */
import { BlockList, isIP } from 'node:net';
import { UNIX_PEER, isUnixAddress } from '../core/unix-address.ts';
import { Mistake } from './errors.ts';
import { type AddressUse, refuseForeignAddress, refuseForeignHost, refuseSocketOptions } from './foreign-addresses.ts';
import { describeValue } from './units.ts';
import { parseUnixAddress } from './unix-addresses.ts';

export interface Address {
  /** A name or a numeric address, without brackets; `''`: none given. Of a unix socket its whole address. */
  readonly host: string;
  /** Of a unix socket 0. */
  readonly port: number;
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NUMERIC = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Where to listen: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` and `*:8080` for every address, port 0 a
 * free one; or `unix:/path`.
 */
export function parseListenAddress(value: unknown): Address | Mistake {
  const cure = 'Write a numeric address and a port, e.g. 127.0.0.1:8080, or :8080 for every address.';
  if (isPortAlone(value))
    return new Mistake(`${String(value)} is a port without an address`, `Write ":${value}" for every address.`);
  if (typeof value === 'string' && isUnixAddress(value)) return parseSocket(value, 'listener');
  const address = parseAddress(value, cure, 'listener');
  if (address instanceof Mistake) return address;
  if (address.host === '*') return { host: '', port: address.port };
  if (address.host === '' || address.host === 'localhost' || isIP(address.host) !== 0) return address;
  return new Mistake(`cannot listen on the name ${describeValue(address.host)}`, cure);
}

/** Where an endpoint is: a name or a numeric address, and a port; or a unix socket. */
export function parseEndpointAddress(value: unknown): Address | Mistake {
  const cure = 'Write a name or a numeric address and a port, e.g. localhost:8081 or [::1]:8081.';
  if (typeof value === 'string' && isUnixAddress(value)) return parseSocket(value, 'endpoint');
  if (isPortAlone(value))
    return new Mistake(`${value} is a port without a host`, `Write "localhost:${value}" for this machine.`);
  const address = parseAddress(value, cure, 'endpoint');
  if (address instanceof Mistake) return address;
  if (isIP(address.host) === 0 && !isHostName(address.host)) {
    return new Mistake(`${describeValue(address.host)} is neither a host name nor a numeric address`, cure);
  }
  return address;
}

function parseSocket(text: string, use: AddressUse): Address | Mistake {
  return refuseSocketOptions(text, use) ?? parseUnixAddress(text, use);
}

function parseAddress(value: unknown, cure: string, use: AddressUse): Address | Mistake {
  if (typeof value !== 'string') return new Mistake(`an address is text, not ${describeValue(value)}`, cure);
  const foreign = refuseForeignAddress(value, use);
  if (foreign !== null) return foreign;
  const found = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(value.toLowerCase());
  if (found === null) {
    const isWithoutPort = /^[^:]+$|^\[[^\]]*\]$/.test(value);
    return new Mistake(
      isWithoutPort ? `${describeValue(value)} has no port` : `${describeValue(value)} is not an address`,
      cure,
    );
  }
  const [, bracketed, plain, digits] = found;
  const port = Number(digits);
  // Of a listener, 0 takes a free one.
  const lowestPort = use === 'listener' ? 0 : 1;
  if (port < lowestPort || port > 65535)
    return new Mistake(`there is no port ${digits}`, `Use a port from ${lowestPort} to 65535.`);
  if (bracketed !== undefined && isIP(bracketed) !== 6) {
    return new Mistake(`${describeValue(bracketed)} is not an IPv6 address`, cure);
  }
  return { host: bracketed ?? plain, port };
}

/**
 * A DNS name in lower case, without a final dot. A name that ends in a number is not allowed: it would be read as an
 * IPv4 address.
 */
export function isHostName(host: string): boolean {
  if (host.length > 253) return false;
  const labels = host.split('.');
  return labels.every((label) => LABEL.test(label)) && !NUMERIC.test(labels[labels.length - 1]);
}

/** A host to match, into its normal form: a name, an address, or `*.` and a name. */
export function parseHostPattern(value: unknown): string | Mistake {
  const cure = 'Write a name such as api.example.com, or *.example.com for every name under it.';
  if (typeof value !== 'string') return new Mistake(`a host is text, not ${describeValue(value)}`, cure);
  const foreign = refuseForeignHost(value);
  if (foreign !== null) return foreign;
  const host = value.toLowerCase().replace(/\.$/, '');
  if (host === '*')
    return new Mistake('a host of "*" says nothing', 'Leave the host out: the route then takes every host.');
  if (/^[^:]+:\d*$|\]:\d*$/.test(host))
    return new Mistake(`${describeValue(value)} has a port`, 'Leave the port out: a host is compared without it.');
  if (/[^\0-\x7f]/.test(host))
    return new Mistake(`${describeValue(value)} is not in ASCII`, 'Write the name in its xn-- form.');
  const isAddress = isIP(host) === 4 || (/^\[.*\]$/.test(host) && isIP(host.slice(1, -1)) === 6);
  if (isAddress || isHostName(host.startsWith('*.') ? host.slice(2) : host)) return host;
  if (isIP(host) === 6) return new Mistake('an IPv6 address stands in brackets here', `Write "[${host}]".`);
  return new Mistake(`${describeValue(value)} is not a host`, cure);
}

/**
 * A name that clients of TLS ask for, or `*.` and the end of one, into its normal form. They never ask for an address.
 * `forAll`: what is wrong with `*`.
 */
export function parseServerName(value: unknown, forAll: Mistake): string | Mistake {
  const cure = 'Write a name such as api.example.com, or *.api.example.com for one label more.';
  if (typeof value !== 'string') return new Mistake(`a name is text, not ${describeValue(value)}`, cure);
  const name = value.toLowerCase().replace(/\.$/, '');
  if (name === '*') return forAll;
  if (/[^\0-\x7f]/.test(name))
    return new Mistake(`${describeValue(value)} is not in ASCII`, 'Write the name in its xn-- form.');
  if (name.startsWith('.')) return new Mistake(`${describeValue(value)} begins with a dot`, `Write "*${name}".`);
  if (isHostName(name.startsWith('*.') ? name.slice(2) : name)) return name;
  return new Mistake(`${describeValue(value)} is no name that clients of TLS ask for`, cure);
}

/** What is sent as Host: a name or an address, with or without a port. */
export function parseHostHeader(value: string): string | Mistake {
  const host = value.replace(/:\d{1,5}$/, '');
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isHostName(host.toLowerCase()) || isIP(host) === 4 || (bare !== host && isIP(bare) === 6)) return value;
  return new Mistake(
    `${describeValue(value)} is not a host`,
    'Write client, endpoint, or a name such as api.example.com.',
  );
}

/** An address or a CIDR block; `unix`: all who come by a unix socket. */
export function parseNetwork(value: unknown): string | Mistake {
  const cure = 'Write an address or a block, e.g. 10.0.0.0/8 or fd00::/8, or unix.';
  if (typeof value !== 'string') return new Mistake(`a network is text, not ${describeValue(value)}`, cure);
  if (value === UNIX_PEER || value === 'unix:') return UNIX_PEER;
  const [address, bits, ...rest] = value.toLowerCase().split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const isBlock = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family === 0 || !isBlock || rest.length > 0) return new Mistake(`${describeValue(value)} is not a network`, cure);
  // The data plane puts it into a `BlockList`, which throws for what it does not accept.
  new BlockList().addSubnet(address, Number(bits ?? most), family === 4 ? 'ipv4' : 'ipv6');
  return value.toLowerCase();
}

function isPortAlone(value: unknown): value is number | string {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
}
