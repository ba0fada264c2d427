/** What is known of a certificate, once it is read. */
import { X509Certificate } from 'node:crypto';
import type { Certificate, CertificateSecrets } from './certificate.ts';
import { subjectNamesOf } from './subject-names.ts';
import { describeKey, issuerOf } from './validate.ts';

/** `leaf`: the server's own, or a chain in PEM that begins with it. */
export function describeCertificate(
  leaf: X509Certificate | string,
  { file, source }: Pick<Certificate, 'file' | 'source'>,
  secrets: CertificateSecrets,
  ocsp: Uint8Array | null,
): Certificate {
  const x509 = typeof leaf === 'string' ? new X509Certificate(leaf) : leaf;
  const { names, addresses } = subjectNamesOf(x509);
  return {
    file,
    source,
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    names,
    addresses,
    issuer: issuerOf(x509),
    keyType: x509.publicKey.asymmetricKeyType ?? '',
    keyText: describeKey(x509.publicKey),
    validFrom: x509.validFromDate.getTime(),
    validTo: x509.validToDate.getTime(),
    secrets,
    ocsp,
  };
}
