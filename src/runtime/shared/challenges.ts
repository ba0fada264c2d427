/**
 * What threads answer to an authority that looks whether names lead here (ACME). It reaches them in a message of its
 * own, and is in no snapshot, log line, figure or error.
 */
export interface Challenges {
  /** HTTP-01: what is answered, by the last part of the path. */
  readonly tokens: ReadonlyMap<string, string>;
  /** TLS-ALPN-01: what is shown to whoever offers `acme-tls/1`, by name; in PEM. */
  readonly certificates: ReadonlyMap<string, { readonly chain: string; readonly privateKey: string }>;
}
