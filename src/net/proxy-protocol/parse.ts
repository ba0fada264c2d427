/**
 * Reads the PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt): what a proxy
 * writes in front of a connection's bytes, so that the server behind it knows the client.
 *
 * A header is read from its beginning each time more of it has come. That costs little, since the length of version 2
 * stands in its first 16 bytes and version 1 has at most 107; and however the bytes were split, the verdict is the same.
 */
import { parseAddress } from '../../core/lists/address.ts';
import { addressText } from '../../core/lists/address-text.ts';
import type { EndAddress } from '../transport.ts';
import { NO_FIELDS, readFields } from './tlvs.ts';
import type { ProxyFields } from './tlvs.ts';
import {
  BINARY_HEAD,
  BINARY_SIGNATURE,
  COMMAND_LOCAL,
  COMMAND_PROXY,
  FAMILY_TCP4,
  FAMILY_TCP6,
  TEXT_SIGNATURE,
} from './wire.ts';

/** The longest header that is read; version 2 could say 65,551. */
export const MOST_HEADER_BYTES = 4096;

/** Both ends of a client's connection to the proxy in front. */
interface ProxyEnds {
  readonly source: EndAddress;
  readonly destination: EndAddress;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Null: the other end of the connection is who counts, as for health checks and for clients without an IP address. */
  readonly ends: ProxyEnds | null;
  readonly fields: ProxyFields;
}

/**
 * `open`: too little to tell a header from something else; `more`: the beginning of a header; `none`: something else;
 * `bad`: a header that breaks a rule; `done`: a header of `length` bytes.
 */
export type ProxyReading =
  | { readonly verdict: 'open' | 'more' | 'none' }
  | { readonly verdict: 'bad'; readonly rule: string }
  | { readonly verdict: 'done'; readonly length: number; readonly header: ProxyHeader };

const OPEN: ProxyReading = Object.freeze({ verdict: 'open' });
const MORE: ProxyReading = Object.freeze({ verdict: 'more' });
const NONE: ProxyReading = Object.freeze({ verdict: 'none' });

const CR = 13;
const LF = 10;
/** With its CRLF. */
const MOST_LINE_BYTES = 107;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;

/** Bytes of the addresses, by the family: unspecified, IPv4, IPv6, unix. */
const ADDRESS_BYTES = [0, 12, 36, 216] as const;
/** Unspecified, stream, datagram. */
const PROTOCOLS = 3;

/** Reads what there is of a header, which begins with `bytes[start]`. */
export function readProxyHeader(bytes: Buffer, start: number, end: number): ProxyReading {
  const signature = bytes[start] === CR ? BINARY_SIGNATURE : TEXT_SIGNATURE;
  const there = Math.min(end - start, signature.length);
  for (let at = 0; at < there; at++) if (bytes[start + at] !== signature[at]) return NONE;
  if (there < signature.length) return OPEN;
  return signature === BINARY_SIGNATURE ? readBinary(bytes, start, end) : readText(bytes, start, end);
}

function bad(rule: string): ProxyReading {
  return { verdict: 'bad', rule };
}

// ——— version 1

function readText(bytes: Buffer, start: number, end: number): ProxyReading {
  const last = start + MOST_LINE_BYTES - 1;
  const stop = Math.min(end, last);
  let at = start + TEXT_SIGNATURE.length;
  while (at < stop && bytes[at] !== CR && bytes[at] !== LF) at++;
  if (at === last) return bad('a line of more than 107 bytes');
  if (at === end) return MORE;
  if (bytes[at] === LF) return bad('a line that ends with LF alone');
  if (at + 1 === end) return MORE;
  if (bytes[at + 1] !== LF) return bad('CR within a line');
  return readLine(bytes.latin1Slice(start + TEXT_SIGNATURE.length, at), at + 2 - start);
}

function readLine(line: string, length: number): ProxyReading {
  const words = line.split(' ');
  const [family] = words;
  // What may follow it is for nobody.
  if (family === 'UNKNOWN') return { verdict: 'done', length, header: { version: 1, ends: null, fields: NO_FIELDS } };
  if (family !== 'TCP4' && family !== 'TCP6') return bad('a family other than TCP4, TCP6 and UNKNOWN');
  if (words.length !== 5) return bad('other than two addresses and two ports');
  const source = readEnd(words[1], words[3], family);
  const destination = readEnd(words[2], words[4], family);
  if (typeof source === 'string') return bad(source);
  if (typeof destination === 'string') return bad(destination);
  return { verdict: 'done', length, header: { version: 1, ends: { source, destination }, fields: NO_FIELDS } };
}

const words = new Int32Array(4);

/** Returns the rule that it breaks where it is no end of a connection. */
function readEnd(address: string, port: string, family: 'TCP4' | 'TCP6'): EndAddress | string {
  // A zone means nothing on another machine.
  const isOfFamily = address.includes(':') === (family === 'TCP6') && !address.includes('%');
  const found = isOfFamily ? parseAddress(address, words) : 0;
  if (found === 0) return `an address that is none of ${family}`;
  if (!PORT.test(port) || Number(port) > 65535) return 'a malformed port';
  return { address: addressText(words, found), port: Number(port) };
}

// ——— version 2

function readBinary(bytes: Buffer, start: number, end: number): ProxyReading {
  const there = end - start;
  const at = start + BINARY_SIGNATURE.length;
  if (there <= BINARY_SIGNATURE.length) return MORE;
  const command = bytes[at];
  if (command >> 4 !== 2) return bad('a version other than 1 and 2');
  if (command !== COMMAND_LOCAL && command !== COMMAND_PROXY) return bad('an unknown command');
  if (there < BINARY_HEAD - 2) return MORE;
  const family = bytes[at + 1];
  const isLocal = command === COMMAND_LOCAL;
  // With LOCAL what follows is for nobody, whatever it is.
  if (!isLocal && (family >> 4 >= ADDRESS_BYTES.length || (family & 15) >= PROTOCOLS)) return bad('an unknown family');
  if (there < BINARY_HEAD) return MORE;
  const length = BINARY_HEAD + bytes.readUInt16BE(at + 2);
  if (length > MOST_HEADER_BYTES) return bad(`more than ${MOST_HEADER_BYTES} bytes`);
  const fieldsAt = BINARY_HEAD + (isLocal ? 0 : ADDRESS_BYTES[family >> 4]);
  if (length < fieldsAt) return bad('a length below that of its addresses');
  if (there < length) return MORE;
  // Where the family is not specified, nobody knows what the bytes are.
  if (isLocal || family >> 4 === 0) {
    return { verdict: 'done', length, header: { version: 2, ends: null, fields: NO_FIELDS } };
  }
  const fields = readFields(bytes, start, start + fieldsAt, start + length);
  if (typeof fields === 'string') return bad(fields);
  return { verdict: 'done', length, header: { version: 2, ends: endsOf(bytes, start, family), fields } };
}

/** Null: not TCP over IP. */
function endsOf(bytes: Buffer, start: number, family: number): ProxyEnds | null {
  if (family !== FAMILY_TCP4 && family !== FAMILY_TCP6) return null;
  const size = family === FAMILY_TCP4 ? 4 : 16;
  const from = start + BINARY_HEAD;
  const ports = from + 2 * size;
  return {
    source: { address: addressAt(bytes, from, size), port: bytes.readUInt16BE(ports) },
    destination: { address: addressAt(bytes, from + size, size), port: bytes.readUInt16BE(ports + 2) },
  };
}

function addressAt(bytes: Buffer, from: number, size: number): string {
  for (let word = 0; word < size / 4; word++) words[word] = bytes.readInt32BE(from + 4 * word);
  if (size === 4) return addressText(words, 4);
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  if (isMapped) words[0] = words[3];
  return addressText(words, isMapped ? 4 : 6);
}
