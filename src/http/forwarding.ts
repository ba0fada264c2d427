/** The header lines a proxy adds for the endpoint: X-Forwarded-*, RFC 7239 Forwarded, Via (RFC 9110 7.6.3). */
import { trimmed } from '../core/blanks.ts';
import { parseAddress } from '../core/lists/address.ts';
import { addressText } from '../core/lists/address-text.ts';
import type { HeaderRules } from '../core/snapshot.ts';
import { UNIX_PEER } from '../core/unix-address.ts';
import type { RequestHead } from './head.ts';

const VIA_LINE = 'Via: 1.1 fairlead\r\n';
const VIA_LINE_10 = 'Via: 1.0 fairlead\r\n';

/** What Via says of us and of the version that a message came in (10 or 11). */
export function viaLine(version: number): string {
  return version === 10 ? VIA_LINE_10 : VIA_LINE;
}

/** Who sent a request, and to where. */
export interface Peer {
  readonly address: string;
  readonly scheme: string;
  readonly localPort: number;
  /** Whether it is one of `trustedProxies`, whose own X-Forwarded-* are kept. */
  readonly isTrusted: boolean;
}

export function forwardedLines(head: RequestHead, peer: Peer, rules: HeaderRules): string {
  const keep = peer.isTrusted;
  const forwardedFor = forwardedForOf(head, peer);
  const proto = keep && head.forwardedProto !== '' ? head.forwardedProto : peer.scheme;
  const host = keep && head.forwardedHost !== '' ? head.forwardedHost : head.authority;
  const port = portOf(head, peer, proto, host);
  let lines = forwardedFor === '' ? '' : `X-Forwarded-For: ${forwardedFor}\r\n`;
  lines += `X-Forwarded-Proto: ${proto}\r\n`;
  if (host !== '') lines += `X-Forwarded-Host: ${host}\r\n`;
  if (port !== '') lines += `X-Forwarded-Port: ${port}\r\n`;
  if (keep) lines += head.forwardedOthers;
  if (rules.forwarded) lines += forwardedLine(head, peer, proto, host, port);
  // Of a proxy that is trusted it passes as it came, where we add nothing ourselves.
  else if (keep && head.forwarded !== '') lines += `Forwarded: ${head.forwarded}\r\n`;
  if (rules.via) lines += viaLine(head.version);
  return lines;
}

/** `''`: nobody is known that has an address. A client by a unix socket has none, and adds nothing. */
function forwardedForOf(head: RequestHead, { address, isTrusted }: Peer): string {
  const before = isTrusted ? head.forwardedFor : '';
  if (address === UNIX_PEER) return before;
  return before === '' ? address : `${before}, ${address}`;
}

/** Whether the client came by https, as far as we or a trusted proxy can tell. */
export function isSecure({ forwardedProto }: RequestHead, { isTrusted, scheme }: Peer): boolean {
  return defaultPort(isTrusted && forwardedProto !== '' ? firstOf(forwardedProto) : scheme) === '443';
}

/**
 * Behind a trusted proxy the port that the client came to: as the proxy says, else that of the host it says, else that
 * of the protocol. Where it says nothing of these, and of a stranger, the port that the request came in by; `''`: by a
 * unix socket.
 */
function portOf(head: RequestHead, peer: Peer, proto: string, host: string): string {
  const own = peer.localPort === 0 ? '' : String(peer.localPort);
  if (!peer.isTrusted) return own;
  if (head.forwardedPort !== '') return head.forwardedPort;
  if (head.forwardedProto === '' && head.forwardedHost === '') return own;
  const named = PORT.exec(firstOf(host));
  return named === null ? defaultPort(firstOf(proto)) : named[1];
}

const PORT = /:([0-9]{1,5})$/;

function defaultPort(proto: string): string {
  const scheme = proto.toLowerCase();
  return scheme === 'https' || scheme === 'wss' ? '443' : '80';
}

/** Of a list, the one that the client met. */
function firstOf(list: string): string {
  const comma = list.indexOf(',');
  return comma < 0 ? list : trimmed(list, 0, comma);
}

/**
 * RFC 7239. What a trusted proxy has sent of it is appended to. Where it has sent X-Forwarded-* alone, these are written
 * as elements first, the client's with the protocol, host and port that X-Forwarded-* goes out with: both say the same.
 */
function forwardedLine(head: RequestHead, peer: Peer, proto: string, host: string, port: string): string {
  const own = element(peer.address, peer.scheme, head.authority);
  if (!peer.isTrusted || (head.forwarded === '' && saysNothing(head))) return `Forwarded: ${own}\r\n`;
  if (head.forwarded !== '') return `Forwarded: ${head.forwarded}, ${own}\r\n`;
  if (head.forwardedFor === '') {
    return `Forwarded: ${element(peer.address, firstOf(proto), hostAndPort(host, proto, port))}\r\n`;
  }
  const [client, ...others] = head.forwardedFor.split(',').map((entry) => trimmed(entry, 0, entry.length));
  let elements = element(client, firstOf(proto), hostAndPort(host, proto, port));
  for (const other of others) elements += `, for=${node(other)}`;
  return `Forwarded: ${elements}, ${own}\r\n`;
}

function saysNothing(head: RequestHead): boolean {
  return (
    head.forwardedFor === '' && head.forwardedProto === '' && head.forwardedHost === '' && head.forwardedPort === ''
  );
}

function element(address: string, proto: string, host: string): string {
  const text = `for=${node(address)}${TOKEN.test(proto) ? `;proto=${proto}` : ''}`;
  return host === '' || /["\\]/.test(host) ? text : `${text};host="${host}"`;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const WITH_PORT = /^[0-9.]+:[0-9]{1,5}$|^\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?$/;

/** An address as RFC 7239 6 writes it; what is none is `unknown`. */
function node(address: string): string {
  if (address === UNIX_PEER) return 'unknown';
  if (TOKEN.test(address)) return address;
  if (WITH_PORT.test(address)) return `"${address}"`;
  return /^[0-9A-Fa-f:.]+$/.test(address) ? `"[${address}]"` : 'unknown';
}

/** The port goes along where the host has none and the protocol means another. */
function hostAndPort(hosts: string, proto: string, port: string): string {
  const host = firstOf(hosts);
  const only = firstOf(port);
  if (host === '' || only === '' || PORT.test(host) || only === defaultPort(firstOf(proto))) return host;
  return `${host}:${only}`;
}

/**
 * The client's address: the rightmost entry of X-Forwarded-For that no trusted proxy vouches for, or the peer itself
 * where it is not trusted. An entry that is no address (`unknown`, one that is hidden, nothing) ends the search, since
 * nobody vouches for what stands in front of it: the last good one counts. Written in its one form.
 */
export function clientAddress(head: RequestHead, peer: Peer, isTrusted: (address: string) => boolean): string {
  if (!peer.isTrusted || head.forwardedFor === '') return peer.address;
  const entries = head.forwardedFor;
  let address = peer.address;
  for (let end = entries.length; end >= 0;) {
    const comma = end === 0 ? -1 : entries.lastIndexOf(',', end - 1);
    const entry = plainAddress(trimmed(entries, comma + 1, end));
    if (entry === '') return address;
    address = entry;
    if (!isTrusted(address)) return address;
    end = comma;
  }
  return address;
}

const words = new Int32Array(4);
const ADDRESS_WITH_PORT = /^(?:\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5})$/;

/** `::ffff:a.b.c.d` is a.b.c.d, `[::1]:80` is ::1, `1.2.3.4:80` is 1.2.3.4, a zone goes; what is no address is `''`. */
function plainAddress(text: string): string {
  const [, bracketed, beforePort] = ADDRESS_WITH_PORT.exec(text) ?? [];
  const family = parseAddress(bracketed ?? beforePort ?? text, words);
  return family === 0 ? '' : addressText(words, family);
}
