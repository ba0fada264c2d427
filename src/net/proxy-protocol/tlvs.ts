/** What a PROXY header of version 2 says besides addresses: fields of type, length and value (section 2.2). */
import { crc32c } from './crc32c.ts';
import { TLV_ALPN, TLV_AUTHORITY, TLV_CRC32C, TLV_HEAD, TLV_SSL, TLV_UNIQUE_ID } from './wire.ts';

/** Within {@link TLV_SSL}. */
const SUB_VERSION = 0x21;
const SUB_COMMON_NAME = 0x22;
const SUB_CIPHER = 0x23;

/** Bits of the first byte of {@link TLV_SSL}: the client came by TLS; it has shown a certificate, now or when its session began. */
const CLIENT_SSL = 0x01;
const CLIENT_CERTIFICATE = 0x06;
/** That byte, and four that say how its certificate was verified. */
const SSL_BYTES = 5;
const CRC_BYTES = 4;

/** All that is kept of a header's fields together; one that would go beyond is left out. */
const MOST_KEPT = 1024;

/** Texts are latin1: a character for each byte that came. `''`: not said. */
export interface ProxyFields {
  readonly alpn: string;
  /** The name that the client asked for, in TLS mostly. */
  readonly authority: string;
  /** What the sender calls this connection. */
  readonly uniqueId: string;
  /** Null: the client did not come by TLS, as far as the header says. */
  readonly tls: ProxyTls | null;
}

/** How the client came to the sender. */
interface ProxyTls {
  /** `TLSv1.3` */
  readonly version: string;
  readonly cipher: string;
  /** Of the client's certificate, where it has shown one. */
  readonly commonName: string;
  /** The client has shown a certificate, now or when its session began, and the sender has accepted it. */
  readonly isVerified: boolean;
}

interface Writable {
  alpn: string;
  authority: string;
  uniqueId: string;
  tls: ProxyTls | null;
  left: number;
}

export const NO_FIELDS: ProxyFields = Object.freeze({ alpn: '', authority: '', uniqueId: '', tls: null });

/**
 * Reads the fields in `bytes[from, end)` of a header that begins at `start` and ends at `end`. Returns the rule that they
 * break where they do not fit, or the checksum is another one.
 */
export function readFields(bytes: Buffer, start: number, from: number, end: number): ProxyFields | string {
  const fields: Writable = { ...NO_FIELDS, left: MOST_KEPT };
  for (let at = from; at < end;) {
    const next = endOfField(bytes, at, end);
    if (next < 0) return 'a field that goes beyond the header';
    const value = at + TLV_HEAD;
    if (bytes[at] === TLV_CRC32C) {
      if (next - value !== CRC_BYTES) return 'a checksum that has not four bytes';
      if (crc32c(bytes, start, end, value) !== bytes.readUInt32BE(value)) return 'a wrong checksum';
    } else if (!take(bytes, at, next, fields)) {
      return 'a TLS field that does not fit';
    }
    at = next;
  }
  const { alpn, authority, uniqueId, tls } = fields;
  return { alpn, authority, uniqueId, tls };
}

/** −1: it goes beyond `end`. */
function endOfField(bytes: Buffer, at: number, end: number): number {
  if (end - at < TLV_HEAD) return -1;
  const next = at + TLV_HEAD + bytes.readUInt16BE(at + 1);
  return next > end ? -1 : next;
}

/** The field in `bytes[at, next)`. False: what is within it does not fit. */
function take(bytes: Buffer, at: number, next: number, fields: Writable): boolean {
  const value = at + TLV_HEAD;
  switch (bytes[at]) {
    case TLV_ALPN:
      fields.alpn ||= keep(bytes, value, next, fields);
      break;
    case TLV_AUTHORITY:
      fields.authority ||= keep(bytes, value, next, fields);
      break;
    case TLV_UNIQUE_ID:
      fields.uniqueId ||= keep(bytes, value, next, fields);
      break;
    case TLV_SSL:
      return takeTls(bytes, value, next, fields);
    default:
  }
  return true;
}

function takeTls(bytes: Buffer, from: number, end: number, fields: Writable): boolean {
  if (end - from < SSL_BYTES) return false;
  const isTls = (bytes[from] & CLIENT_SSL) !== 0;
  const isVerified = (bytes[from] & CLIENT_CERTIFICATE) !== 0 && bytes.readUInt32BE(from + 1) === 0;
  const said = { version: '', cipher: '', commonName: '' };
  for (let at = from + SSL_BYTES; at < end;) {
    const next = endOfField(bytes, at, end);
    if (next < 0) return false;
    const value = at + TLV_HEAD;
    if (bytes[at] === SUB_VERSION) said.version ||= keep(bytes, value, next, fields);
    else if (bytes[at] === SUB_COMMON_NAME) said.commonName ||= keep(bytes, value, next, fields);
    else if (bytes[at] === SUB_CIPHER) said.cipher ||= keep(bytes, value, next, fields);
    at = next;
  }
  if (isTls) fields.tls ??= { ...said, isVerified };
  return true;
}

function keep(bytes: Buffer, from: number, end: number, fields: Writable): string {
  if (end - from > fields.left) return '';
  fields.left -= end - from;
  return bytes.latin1Slice(from, end);
}
