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

/** In front of a connection of our own, such as a health check, or of a client without an address. Latin1. */
export function localHeader(version: 1 | 2): string {
  if (version === 1) return `${TEXT_SIGNATURE.latin1Slice()}UNKNOWN\r\n`;
  return `${BINARY_SIGNATURE.latin1Slice()}${String.fromCharCode(COMMAND_LOCAL, 0, 0, 0)}`;
}
