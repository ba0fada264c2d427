/** What a PROXY header of version 2 says besides addresses: fields of type, length and value (section 2.2). */
import { crc32c } from './crc32c.ts';
import {
  CLIENT_CERTIFICATE_EVER,
  CLIENT_CERTIFICATE_NOW,
  CLIENT_SSL,
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
} from './wire.ts';

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
export interface ProxyTls {
  /** Whether it has shown a certificate: on this connection, or only on the one that its session began with. */
  readonly certificate: 'now' | 'earlier' | 'none';
  /** What came of verifying that, as OpenSSL numbers it; 0: it was accepted, or there is none. */
  readonly verifyResult: number;
  /** `TLSv1.3` */
  readonly version: string;
  /** Of the client's certificate. */
  readonly commonName: string;
  /** OpenSSL's name: `ECDHE-ECDSA-AES128-GCM-SHA256`. */
  readonly cipher: string;
  /** How the certificate that the sender has shown to the client is signed: `ecdsa-with-SHA256`. */
  readonly signature: string;
  /** The type of its key, and the size: `EC256`, `RSA2048`. */
  readonly key: string;
}

/** The client has shown a certificate, and the sender has accepted it. */
export function isVerified({ certificate, verifyResult }: ProxyTls): boolean {
  return certificate !== 'none' && verifyResult === 0;
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
  if (end - from < SSL_HEAD) return false;
  const client = bytes[from];
  const said = { version: '', commonName: '', cipher: '', signature: '', key: '' };
  for (let at = from + SSL_HEAD; at < end;) {
    const next = endOfField(bytes, at, end);
    if (next < 0) return false;
    const name = SUB_NAMES.get(bytes[at]);
    if (name !== undefined) said[name] ||= keep(bytes, at + TLV_HEAD, next, fields);
    at = next;
  }
  if ((client & CLIENT_SSL) === 0) return true;
  fields.tls ??= { certificate: certificateOf(client), verifyResult: bytes.readUInt32BE(from + 1), ...said };
  return true;
}

/** What fields within {@link TLV_SSL} say. */
const SUB_NAMES: ReadonlyMap<number, 'version' | 'commonName' | 'cipher' | 'signature' | 'key'> = new Map([
  [SUB_VERSION, 'version'],
  [SUB_COMMON_NAME, 'commonName'],
  [SUB_CIPHER, 'cipher'],
  [SUB_SIGNATURE, 'signature'],
  [SUB_KEY, 'key'],
]);

function certificateOf(client: number): ProxyTls['certificate'] {
  if ((client & CLIENT_CERTIFICATE_NOW) !== 0) return 'now';
  return (client & CLIENT_CERTIFICATE_EVER) !== 0 ? 'earlier' : 'none';
}

function keep(bytes: Buffer, from: number, end: number, fields: Writable): string {
  if (end - from > fields.left) return '';
  fields.left -= end - from;
  return bytes.latin1Slice(from, end);
}
