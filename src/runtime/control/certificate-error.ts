/** Certificates that a listener cannot do without cannot be used. `message` names each mistake and its cure. */
export class CertificateError extends Error {
  readonly code = 'FL_CERTIFICATE';
  override readonly name = 'CertificateError';
}
