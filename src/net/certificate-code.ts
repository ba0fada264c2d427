/** Whether the code of a `tls` close says that the peer's certificate was refused, and not the handshake itself. */
export function isCertificateCode(code: string): boolean {
  // Those of X.509 (`CERT_HAS_EXPIRED`) have no prefix; others are Node's, OpenSSL's or the system's.
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' || !/^(ERR_|E[A-Z0-9]+$|$)/.test(code);
}
