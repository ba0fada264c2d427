/** The header lines a proxy adds for the endpoint: X-Forwarded-*, RFC 7239 Forwarded, Via (RFC 9110 7.6.3). */
import { trimmed } from '../core/blanks.ts';
import type { HeaderRules } from '../core/snapshot.ts';
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
  const forwardedFor = keep && head.forwardedFor !== '' ? `${head.forwardedFor}, ${peer.address}` : peer.address;
  const proto = keep && head.forwardedProto !== '' ? head.forwardedProto : peer.scheme;
  const host = keep && head.forwardedHost !== '' ? head.forwardedHost : head.authority;
  const port = keep && head.forwardedPort !== '' ? head.forwardedPort : String(peer.localPort);
  let lines = `X-Forwarded-For: ${forwardedFor}\r\nX-Forwarded-Proto: ${proto}\r\n`;
  if (host !== '') lines += `X-Forwarded-Host: ${host}\r\n`;
  lines += `X-Forwarded-Port: ${port}\r\n`;
  if (rules.forwarded) lines += forwardedLine(head, peer);
  // Of a proxy that is trusted it passes as it came, where we add nothing ourselves.
  else if (keep && head.forwarded !== '') lines += `Forwarded: ${head.forwarded}\r\n`;
  if (rules.via) lines += viaLine(head.version);
  return lines;
}

function forwardedLine(head: RequestHead, peer: Peer): string {
  const address = peer.address.includes(':') ? `"[${peer.address}]"` : peer.address;
  const host = head.authority === '' ? '' : `;host="${head.authority}"`;
  const element = `for=${address};proto=${peer.scheme}${host}`;
  return peer.isTrusted && head.forwarded !== ''
    ? `Forwarded: ${head.forwarded}, ${element}\r\n`
    : `Forwarded: ${element}\r\n`;
}

/**
 * The client's address: the rightmost entry of X-Forwarded-For that no trusted proxy vouches for, or the
 * peer itself where it is not trusted.
 */
export function clientAddress(head: RequestHead, peer: Peer, isTrusted: (address: string) => boolean): string {
  if (!peer.isTrusted || head.forwardedFor === '') return peer.address;
  const entries = head.forwardedFor;
  let address = peer.address;
  for (let end = entries.length; end >= 0;) {
    const comma = end === 0 ? -1 : entries.lastIndexOf(',', end - 1);
    address = plainAddress(trimmed(entries, comma + 1, end));
    if (!isTrusted(address)) return address;
    end = comma;
  }
  return address;
}

/** `::ffff:a.b.c.d` is a.b.c.d, `[::1]:80` is ::1, `1.2.3.4:80` is 1.2.3.4. */
function plainAddress(text: string): string {
  let address = text;
  if (address.startsWith('[')) address = address.slice(1, address.includes(']') ? address.indexOf(']') : undefined);
  else if (address.indexOf(':') === address.lastIndexOf(':') && address.includes(':'))
    address = address.slice(0, address.indexOf(':'));
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
