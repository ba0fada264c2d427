/** What an endpoint has to get for what a client sent: docs/headers.md written down a second time, as plainly as can be. */
import type { ReadMessage } from '../reading.ts';
import { TRUSTED_CLIENT } from './session-plane.ts';

const OWN_ID = /^[0-9a-f]{16}-[0-9a-z]+$/;
/** Of {@link ReadMessage.fields}; a value with a `|` in it makes more, and is not compared. */
const FIELD_COUNT = 8;

/** What has become of a request on its way, null: what had to. */
export function difference(original: ReadMessage, sent: ReadMessage, address: string, index: number): string | null {
  const expected = asForwarded(original, address);
  const ours = asRead(sent, expected);
  if (JSON.stringify(expected) === JSON.stringify(ours)) return null;
  return `forwarded request ${index} means something else:\nexpected ${JSON.stringify(expected)}\nsent ${JSON.stringify(ours)}`;
}

function asForwarded(original: ReadMessage, address: string): ReadMessage {
  const isOld = original.start.endsWith('1.0');
  const via = isOld ? 'Via: 1.0 fairlead' : 'Via: 1.1 fairlead';
  return {
    start: original.start.replace(/1\.[01]$/, '1.1'),
    passing: [...original.passing, via],
    fields: forwardedFields(original.fields, address),
    length: original.length,
    body: original.body,
    trailers: original.trailers,
  };
}

function forwardedFields(fields: string, address: string): string {
  const parts = fields.split('|');
  if (parts.length !== FIELD_COUNT) return '';
  const [host, , , , , , id] = parts;
  const own = element(address, 'http', host);
  // Of a stranger nothing is believed, and nothing of the family goes on.
  if (address !== TRUSTED_CLIENT) return [host, address, 'http', host, '8080', own, id, ''].join('|');
  const [, xFor, xProto, xHost, xPort, forwarded, , others] = parts;
  const proto = xProto === '' ? 'http' : xProto;
  const outer = xHost === '' ? host : xHost;
  const isSilent = xFor === '' && xProto === '' && xHost === '' && xPort === '';
  const port = xPort === '' ? outerPort(xProto, xHost, host) : xPort;
  const before = isSilent || forwarded !== '' ? forwarded : translated(xFor, proto, outer, port);
  // Without X-Forwarded-For the peer itself is the client, and its element the one that was translated.
  const isOwnLast = isSilent || forwarded !== '' || xFor !== '';
  return [
    host,
    xFor === '' ? address : `${xFor}, ${address}`,
    proto,
    outer,
    port,
    [before, isOwnLast ? own : ''].filter((part) => part !== '').join(', '),
    id,
    others,
  ].join('|');
}

/** Which port the client came to, by what a trusted proxy says of its protocol and host. */
function outerPort(xProto: string, xHost: string, host: string): string {
  if (xProto === '' && xHost === '') return '8080';
  const named = /:(\d{1,5})$/.exec(entries(xHost === '' ? host : xHost)[0]);
  return named === null ? usualPort(entries(xProto)[0]) : named[1];
}

function usualPort(proto: string): string {
  return /^(?:https|wss)$/i.test(proto) ? '443' : '80';
}

/** X-Forwarded-* as elements of Forwarded: the client's says all that is known, the others their address. */
function translated(xFor: string, protos: string, hosts: string, ports: string): string {
  const [[proto], [host], [port]] = [entries(protos), entries(hosts), entries(ports)];
  const isImplied = host === '' || /:\d{1,5}$/.test(host) || port === usualPort(proto);
  const [client, ...proxies] = entries(xFor === '' ? TRUSTED_CLIENT : xFor);
  const first = element(client, proto, isImplied ? host : `${host}:${port}`);
  return [first, ...proxies.map((proxy) => `for=${node(proxy)}`)].join(', ');
}

function element(address: string, proto: string, host: string): string {
  const pairs = [`for=${node(address)}`];
  if (isToken(proto)) pairs.push(`proto=${proto}`);
  if (host !== '' && !/["\\]/.test(host)) pairs.push(`host="${host}"`);
  return pairs.join(';');
}

/** RFC 7239 6: what is no token is quoted, IPv6 in brackets. */
function node(address: string): string {
  if (isToken(address)) return address;
  if (/^(?:[\d.]+:\d{1,5}|\[[\da-f:.]+\](?::\d{1,5})?)$/i.test(address)) return `"${address}"`;
  return /^[\da-f:.]+$/i.test(address) ? `"[${address}]"` : 'unknown';
}

function isToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text);
}

function entries(list: string): string[] {
  return list.split(',').map((entry) => entry.replace(/^[ \t]+|[ \t]+$/g, ''));
}

/** What was sent, with what could not be known beforehand in the form of what is expected. */
function asRead(sent: ReadMessage, expected: ReadMessage): ReadMessage {
  const parts = sent.fields.split('|');
  const wanted = expected.fields.split('|');
  if (wanted.length !== FIELD_COUNT || parts.length !== FIELD_COUNT) return { ...sent, fields: '' };
  // Without Host the endpoint is named by its own address.
  if (wanted[0] === '' && /^127\.0\.0\.1:9001$/.test(parts[0])) parts[0] = '';
  if (wanted[6] === '' && OWN_ID.test(parts[6])) parts[6] = '';
  return { ...sent, fields: parts.join('|') };
}
