/**
 * Writes PROXY headers, for servers that want to know whose connection it is. A header is text in latin1, a character for
 * each byte, so that it leaves in one write with what follows: servers take none that is split.
 */
import { parseAddress } from '../../core/lists/address.ts';
import { addressText } from '../../core/lists/address-text.ts';
import type { ProxyHeaderSpec } from '../../core/snapshot.ts';
import type { EndAddress } from '../transport.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyTls } from './tlvs.ts';
import {
  BINARY_HEAD,
  BINARY_SIGNATURE,
  CLIENT_CERTIFICATE_EVER,
  CLIENT_CERTIFICATE_NOW,
  CLIENT_SSL,
  COMMAND_PROXY,
  FAMILY_TCP4,
  FAMILY_TCP6,
  SSL_HEAD,
  SUB_CIPHER,
  SUB_COMMON_NAME,
  SUB_KEY,
  SUB_SIGNATURE,
  SUB_VERSION,
  TLV_ALPN,
  TLV_AUTHORITY,
  TLV_CRC32C,
  TLV_HEAD,
  TLV_SSL,
  TLV_UNIQUE_ID,
  localHeader,
} from './wire.ts';

/** Whose connection it is. */
export interface ProxiedClient {
  /** The client, and where it connected to: as a PROXY header in front of us said, where there was one. */
  readonly source: EndAddress;
  readonly destination: EndAddress;
  /** The name that it asked for, `''`: none. Latin1. */
  readonly authority: string;
  /** What we call the connection, `''`: nothing. Latin1. */
  readonly uniqueId: string;
  /** The protocol agreed on in TLS, `''`: none. Latin1. */
  readonly alpn: string;
  /** Null: it has not come by TLS, or nobody is told. */
  readonly tls: ProxyTls | null;
}

/** A DNS name has no more, and an id of the protocol has at most 128. */
const MOST_AUTHORITY = 255;
const MOST_UNIQUE_ID = 128;
/** More than a common name may have. A longer one is left out: cut, it would be another one. */
const MOST_COMMON_NAME = 256;

/** The addresses of both ends, in one family. Null: one of them has none, as that of a unix socket. */
interface Ends {
  readonly family: 4 | 6;
  readonly source: Int32Array;
  readonly destination: Int32Array;
}

/** The header of a client's connection. */
export function proxyHeader({ version, add }: ProxyHeaderSpec, client: ProxiedClient): string {
  const ends = endsOf(client);
  if (ends === null) return localHeader(version);
  if (version === 1) return textHeader(ends, client);
  return binaryHeader(ends, client, add);
}

function endsOf({ source, destination }: ProxiedClient): Ends | null {
  const [from, to] = [new Int32Array(4), new Int32Array(4)];
  const [fromFamily, toFamily] = [parseAddress(source.address, from), parseAddress(destination.address, to)];
  if (fromFamily === 0 || toFamily === 0) return null;
  const family = fromFamily === 4 && toFamily === 4 ? 4 : 6;
  if (family === 6 && fromFamily === 4) mapToV6(from);
  if (family === 6 && toFamily === 4) mapToV6(to);
  return { family, source: from, destination: to };
}

/** `::ffff:a.b.c.d` */
function mapToV6(words: Int32Array): void {
  words.set([0, 0, 0xffff, words[0]]);
}

// ——— version 1

function textHeader({ family, source, destination }: Ends, client: ProxiedClient): string {
  const addresses = `${wordsText(source, family)} ${wordsText(destination, family)}`;
  return `PROXY TCP${family} ${addresses} ${client.source.port} ${client.destination.port}\r\n`;
}

function wordsText(words: Int32Array, family: 4 | 6): string {
  const isMapped = family === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? `::ffff:${addressText(words.subarray(3), 4)}` : addressText(words, family);
}

// ——— version 2

function binaryHeader(
  { family, source, destination }: Ends,
  client: ProxiedClient,
  add: ProxyHeaderSpec['add'],
): string {
  const words = family === 4 ? 1 : 4;
  const fields = fieldsOf(client, add);
  const size = BINARY_HEAD + 8 * words + 4 + fields.length;
  const header = Buffer.alloc(size);
  BINARY_SIGNATURE.copy(header);
  let at = BINARY_SIGNATURE.length;
  at = header.writeUInt8(COMMAND_PROXY, at);
  at = header.writeUInt8(family === 4 ? FAMILY_TCP4 : FAMILY_TCP6, at);
  at = header.writeUInt16BE(size - BINARY_HEAD, at);
  for (let word = 0; word < words; word++) at = header.writeInt32BE(source[word], at);
  for (let word = 0; word < words; word++) at = header.writeInt32BE(destination[word], at);
  at = header.writeUInt16BE(client.source.port, at);
  at = header.writeUInt16BE(client.destination.port, at);
  fields.copy(header, at);
  // It is the first field.
  if (add.includes('crc32c')) header.writeUInt32BE(crc32c(header, 0, size), at + TLV_HEAD);
  return header.latin1Slice();
}

/** In the order of HAProxy; the checksum is still zeros. */
function fieldsOf({ authority, uniqueId, alpn, tls }: ProxiedClient, add: ProxyHeaderSpec['add']): Buffer {
  const fields: Buffer[] = [];
  if (add.includes('crc32c')) fields.push(field(TLV_CRC32C, '\0\0\0\0'));
  if (add.includes('alpn') && alpn !== '') fields.push(field(TLV_ALPN, alpn));
  if (add.includes('authority') && authority !== '')
    fields.push(field(TLV_AUTHORITY, authority.slice(0, MOST_AUTHORITY)));
  if (add.includes('unique-id') && uniqueId !== '')
    fields.push(field(TLV_UNIQUE_ID, uniqueId.slice(0, MOST_UNIQUE_ID)));
  if (add.includes('ssl') && tls !== null) fields.push(tlsField(tls));
  return Buffer.concat(fields);
}

const CLIENT_BITS: Readonly<Record<ProxyTls['certificate'], number>> = {
  now: CLIENT_SSL | CLIENT_CERTIFICATE_NOW | CLIENT_CERTIFICATE_EVER,
  earlier: CLIENT_SSL | CLIENT_CERTIFICATE_EVER,
  none: CLIENT_SSL,
};

function tlsField({ certificate, verifyResult, version, commonName, cipher, signature, key }: ProxyTls): Buffer {
  const head = Buffer.alloc(SSL_HEAD);
  head.writeUInt8(CLIENT_BITS[certificate], 0);
  head.writeUInt32BE(verifyResult, 1);
  const fields = [
    [SUB_VERSION, version],
    [SUB_COMMON_NAME, commonName.length > MOST_COMMON_NAME ? '' : commonName],
    [SUB_CIPHER, cipher],
    [SUB_SIGNATURE, signature],
    [SUB_KEY, key],
  ] as const;
  const said = fields.filter(([, value]) => value !== '').map(([type, value]) => field(type, value).latin1Slice());
  return field(TLV_SSL, head.latin1Slice() + said.join(''));
}

function field(type: number, value: string): Buffer {
  const bytes = Buffer.alloc(TLV_HEAD + value.length);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16BE(value.length, 1);
  bytes.latin1Write(value, TLV_HEAD, value.length);
  return bytes;
}
