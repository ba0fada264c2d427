/** The package `@peculiar/x509`, which is installed only by those who use ACME: the part of its API that we use. */
import type { webcrypto } from 'node:crypto';

/** What a certificate says besides names, times and key. */
export type X509Extension = object;

interface Making {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly signingAlgorithm: { readonly name: string; readonly hash: string };
  readonly extensions: readonly X509Extension[];
}

interface SelfSigning extends Making {
  /** A distinguished name: `CN=Fairlead`. */
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface X509 {
  /** `value` in DER. */
  readonly Extension: new (id: string, isCritical: boolean, value: Uint8Array) => X509Extension;
  readonly SubjectAlternativeNameExtension: new (
    names: readonly { readonly type: 'dns'; readonly value: string }[],
  ) => X509Extension;
  readonly Pkcs10CertificateRequestGenerator: {
    create(making: Making): Promise<{ readonly rawData: ArrayBuffer }>;
  };
  readonly X509CertificateGenerator: {
    createSelfSigned(making: SelfSigning): Promise<{ toString(format: 'pem'): string }>;
  };
}
