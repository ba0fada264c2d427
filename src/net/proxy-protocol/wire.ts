/** The bytes of the PROXY protocol: its signatures, commands, families and fields, and the header that names nobody. */

export const TEXT_SIGNATURE = Buffer.from('PROXY ', 'latin1');
export const BINARY_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

// ——— version 2

/** Signature, version and command, family and protocol, length. */
export const BINARY_HEAD = 16;
export const COMMAND_LOCAL = 0x20;
export const COMMAND_PROXY = 0x21;
export const FAMILY_TCP4 = 0x11;
export const FAMILY_TCP6 = 0x21;

/** Type and length of a field. */
export const TLV_HEAD = 3;
export const TLV_ALPN = 0x01;
export const TLV_AUTHORITY = 0x02;
export const TLV_CRC32C = 0x03;
export const TLV_UNIQUE_ID = 0x05;
export const TLV_SSL = 0x20;
/** Its first byte, and four that say how the client's certificate was verified, 0: well. Fields follow. */
export const SSL_HEAD = 5;

/** Bits of that first byte: the client came by TLS; it has shown a certificate on this connection; when its session began. */
export const CLIENT_SSL = 0x01;
export const CLIENT_CERTIFICATE_NOW = 0x02;
export const CLIENT_CERTIFICATE_EVER = 0x04;

/** Within {@link TLV_SSL}. */
export const SUB_VERSION = 0x21;
export const SUB_COMMON_NAME = 0x22;
export const SUB_CIPHER = 0x23;
export const SUB_SIGNATURE = 0x24;
export const SUB_KEY = 0x25;

/** In front of a connection of our own, such as a health check, or of a client without an address. Latin1. */
export function localHeader(version: 1 | 2): string {
  if (version === 1) return `${TEXT_SIGNATURE.latin1Slice()}UNKNOWN\r\n`;
  return `${BINARY_SIGNATURE.latin1Slice()}${String.fromCharCode(COMMAND_LOCAL, 0, 0, 0)}`;
}
