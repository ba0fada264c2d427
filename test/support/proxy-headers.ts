/** PROXY headers for tests, byte by byte as the protocol's text has them. */
import type { ProxyTls } from '../../src/net/proxy-protocol/tlvs.ts';

export const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** Version 2: command and family as one byte each, then addresses and fields. `length`: what it says, where that is wrong. */
export function binaryHeader(command: number, family: number, rest: Buffer, length = rest.length): Buffer {
  const head = Buffer.from([command, family, length >> 8, length & 0xff]);
  return Buffer.concat([SIGNATURE, head, rest]);
}

/** Four numbers as bytes, or groups in hex. */
export function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [front, back = ''] = address.split('::');
  const [first, last] = [front, back].map((text) => text.split(':').filter((group) => group !== ''));
  const gap = address.includes('::') ? 8 - first.length - last.length : 0;
  const groups = [...first, ...Array.from({ length: gap }, () => '0'), ...last];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

export function ends(source: string, destination: string, sourcePort: number, destinationPort: number): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  return Buffer.concat([addressBytes(source), addressBytes(destination), ports]);
}

export function field(type: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** What a field of TLS says: bits of the client, whether its certificate was wrong, and fields within. */
export function tlsField(client: number, verify: number, ...within: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(5);
  head[0] = client;
  head.writeUInt32BE(verify, 1);
  return field(0x20, Buffer.concat([head, ...within]));
}

/** A client with a certificate, and the field that says so. */
export const CLIENT_TLS: ProxyTls = {
  certificate: 'now',
  verifyResult: 0,
  version: 'TLSv1.3',
  commonName: 'client',
  cipher: 'TLS_AES_256_GCM_SHA384',
  signature: 'ecdsa-with-SHA256',
  key: 'EC256',
};
export const CLIENT_TLS_FIELD = tlsField(
  7,
  0,
  field(0x21, 'TLSv1.3'),
  field(0x22, 'client'),
  field(0x23, 'TLS_AES_256_GCM_SHA384'),
  field(0x24, 'ecdsa-with-SHA256'),
  field(0x25, 'EC256'),
);
