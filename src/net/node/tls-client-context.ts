/** The context that endpoints are spoken to with, by requests and by checks. */
import type { SecureContext } from 'node:tls';
import type { TlsClientOptions } from '../tls.ts';
import { systemCertificates } from './system-certificates.ts';
import { CIPHERS, CLIENT_GROUPS, contextCertificates, nodeCrypto, nodeTls } from './tls-settings.ts';

/** Throws where OpenSSL does not accept what it is given. */
export function createClientContext({ ca, certificate, minVersion }: TlsClientOptions): SecureContext {
  return nodeTls().createSecureContext({
    ...(certificate === undefined ? {} : contextCertificates([certificate])),
    ca: ca ?? systemCertificates(),
    minVersion,
    ciphers: CIPHERS,
    ecdhCurve: CLIENT_GROUPS,
    secureOptions: nodeCrypto().constants.SSL_OP_NO_RENEGOTIATION,
  });
}
