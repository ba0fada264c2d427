/** The files of TLS that a config names, for listeners and for pools. What they hold is in no snapshot. */

/** Where a certificate and its key stand, as absolute paths; `''`: not given. Either `cert` or `pkcs12` is there. */
export interface CertificateSource {
  /** The chain in PEM, or a folder of certificates. */
  readonly cert: string;
  /** `''`: in `cert`. */
  readonly key: string;
  readonly pkcs12: string;
  readonly passphraseFile: string;
  /** What is stapled. */
  readonly ocsp: string;
}

/** Clients that show a certificate. */
export interface ClientCertificateSpec {
  /** File with the authorities that it may be of. */
  readonly ca: string;
  /** Without one no handshake; otherwise it is asked for, and one that is no good is refused all the same. */
  readonly require: boolean;
  /** Names for which it holds, in lower case, `*.` for any first label; empty: all, and clients that ask for none. */
  readonly names: readonly string[];
  /** Endpoints are told of it (RFC 9440). */
  readonly forward: boolean;
  /** File with what the authorities have revoked; `''`: none. */
  readonly crl: string;
}

/** How TLS is spoken to the endpoints of a pool. What is in the files is in no snapshot. */
export interface PoolTlsSpec {
  /** File with the certificates that are trusted; `''`: those of the system. */
  readonly ca: string;
  /** File with the chain that is shown to endpoints; `''`: none. */
  readonly certificate: string;
  /** File with its key. */
  readonly key: string;
  /** What is asked for, and has to be in the certificate; `''`: the Host that goes out, without its port. */
  readonly name: string;
  readonly verify: boolean;
  readonly minVersion: '1.2' | '1.3';
  /** Protocols that are offered; empty: nothing is said of them. */
  readonly alpn: readonly 'http/1.1'[];
}

/** The same with what the files hold, as a number: another one for every other content. */
export interface LoadedPoolTls extends PoolTlsSpec {
  readonly edition: number;
}
