/**
 * What every context has in common. Node's defaults also offer CBC and SHA-1, RSA certificates before ECDSA ones, and
 * let a client renegotiate.
 */
import type crypto from 'node:crypto';
import type tls from 'node:tls';
import type { TlsCertificate } from '../tls.ts';

/** Not imported: modules of Node that only TLS needs are loaded when the first profile or client is made. */
export function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls');
}

/** The same. */
export function nodeCrypto(): typeof crypto {
  return process.getBuiltinModule('node:crypto');
}

/** TLS 1.3, then ECDSA before RSA; each with AES-128, AES-256, ChaCha20. All with forward secrecy. */
export const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Groups that clients may choose from. */
export const SERVER_GROUPS = 'X25519MLKEM768:X25519:P-256:P-384';
/** What endpoints are offered: a hybrid key would cost both ends more than all the rest of a handshake inside a data centre. */
export const CLIENT_GROUPS = 'X25519:P-256';

/** Node's form of certificates: each goes into the same context. */
export function contextCertificates(certificates: readonly TlsCertificate[]): tls.SecureContextOptions {
  const cert: string[] = [];
  const key: { pem: string; passphrase?: string }[] = [];
  const pfx: { buf: Buffer; passphrase?: string }[] = [];
  for (const certificate of certificates) {
    const secret = certificate.passphrase === undefined ? {} : { passphrase: certificate.passphrase };
    if ('pkcs12' in certificate) {
      pfx.push({ buf: certificate.pkcs12, ...secret });
    } else {
      cert.push(certificate.chain);
      key.push({ pem: certificate.key, ...secret });
    }
  }
  return { ...(cert.length > 0 ? { cert, key } : {}), ...(pfx.length > 0 ? { pfx } : {}) };
}
