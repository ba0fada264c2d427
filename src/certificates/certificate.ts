/** A certificate that may be served with, as it was read. */

export interface Certificate {
  /** The file that its chain stands in. */
  readonly file: string;
  /** Its key of the config, below `tls`: `certificates[0]`. */
  readonly source: string;
  /** SHA-256 of the server's own certificate, in hex. */
  readonly fingerprint: string;
  /** Host names in lower case, `*.` in front of some; as they stand in it. */
  readonly names: readonly string[];
  /** IP addresses in their shortest form. */
  readonly addresses: readonly string[];
  /** In words: `CN=R11, O=Let's Encrypt`. */
  readonly issuer: string;
  /** `ec`, `rsa`, `ed25519` …: a name may have one certificate of each. */
  readonly keyType: string;
  /** In words: `ECDSA P-256`, `RSA 2048`. */
  readonly keyText: string;
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly secrets: CertificateSecrets;
  /** Answer of the issuer that it is not revoked, passed on as it is; null: none. */
  readonly ocsp: Uint8Array | null;
}

/** What TLS is made of. It goes to threads in messages, and nowhere else. */
export type CertificateSecrets =
  /** The chain and the decrypted key, in PEM. */
  | { readonly kind: 'pem'; readonly chain: string; readonly privateKey: string }
  | { readonly kind: 'pkcs12'; readonly bytes: Uint8Array; readonly passphrase: string };
