/**
 * What is known of TLS outside of an engine: with what it is spoken, what a handshake has agreed on, and why one
 * failed. Sockets, contexts and sessions stay inside of the engine.
 */

/** Chain and key of one certificate; where a server has one of RSA and one of ECDSA for a name, both go into a profile. */
export type TlsCertificate =
  /** PEM: the certificate first, then its issuers in order. */
  | { readonly chain: string; readonly key: string; readonly passphrase?: string }
  | { readonly pkcs12: Buffer; readonly passphrase?: string };

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Clients that show a certificate. */
export interface TlsClientPolicy {
  /** PEM of the authorities that it may be of. */
  readonly ca: string;
  /** PEM of what they have revoked, a list each. Where there are any, each authority of a chain needs one. */
  readonly crls?: readonly string[];
  /** Without one no handshake; otherwise it is asked for. One that is not of these authorities is refused in both cases. */
  readonly isRequired: boolean;
  /**
   * The chain of every client is wanted, not only its own certificate. Then each of its connections has a whole handshake,
   * since sessions keep no more than that one.
   */
  readonly needsChain?: boolean;
}

export interface TlsProfileOptions {
  /** At least one. The control plane has checked them: what OpenSSL refuses is thrown when the profile is first used. */
  readonly certificates: readonly TlsCertificate[];
  readonly minVersion: TlsVersion;
  /** Protocols offered by ALPN, the most wanted first. A client that knows none of them gets an alert; none: nothing is agreed on. */
  readonly alpn: readonly string[];
  /** From `secure` to the end of the handshake. */
  readonly handshakeTimeoutMs: number;
  /**
   * Tickets earned under one scope are not taken under another: the listener, and whatever clients are judged by
   * besides {@link TlsClientPolicy}, which is part of it by itself.
   */
  readonly sessionScope: string;
  /** 48 bytes that tickets are encrypted with; without them this profile makes its own, which no other thread knows. */
  readonly ticketKeys?: Buffer;
  /** Null: clients are not asked for a certificate. */
  readonly clientPolicy: TlsClientPolicy | null;
  /** An answer of the OCSP responder in DER, sent as it is to clients that ask. */
  readonly ocsp?: Buffer;
}

/** What an engine speaks TLS with to clients. Made by the engine; nobody else looks into it. */
export interface TlsProfile {
  readonly role: 'server';
}

export interface TlsClientOptions {
  /** PEM of the authorities that endpoints' certificates are of, in place of the system's. */
  readonly ca?: string;
  /** What to show to endpoints that ask. */
  readonly certificate?: TlsCertificate;
  /** False: any certificate will do, and any name in it. */
  readonly isVerified: boolean;
  readonly minVersion: TlsVersion;
  readonly alpn: readonly string[];
}

/** What an engine speaks TLS with to endpoints: one context, and the sessions that were earned under it. */
export interface TlsClient {
  readonly role: 'client';
  /** Whether a handshake for this name has come to its end, at any endpoint; the last 1,024 names are remembered. */
  hasMet(name: string): boolean;
}

/** How one connection to an endpoint speaks TLS. */
export interface TlsDial {
  readonly client: TlsClient;
  /** The host name asked for (SNI) and looked for in the certificate; an IP address is only looked for; `''`: the address dialled. */
  readonly name: string;
  /** Text in latin1 that leaves in front of the handshake, in the clear; left out: nothing. */
  readonly preface?: string;
}

/** What a handshake has agreed on. */
export interface TlsInfo {
  /** `TLSv1.3`. */
  readonly version: string;
  /** Its standard name: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** An earlier session went on: the peer's certificate was not sent again. */
  readonly isResumed: boolean;
  /** An accepted connection whose client was asked for a certificate. */
  readonly isPeerAsked: boolean;
  /** The peer's certificate in DER; null where it showed none. That of an endpoint is gone once the connection has closed. */
  peerCertificate(): Buffer | null;
  /**
   * The certificates in DER that lead from a client's to one that has signed itself, of those that it has shown and those
   * that it is judged by; without both ends.
   */
  peerChain(): readonly Buffer[];
  /** SHA-256 of the peer's certificate, in hex; `''` where there is none. */
  peerFingerprint(): string;
  /** What else was found out about how it is spoken, in OpenSSL's words. Worked out when it is first asked for. */
  details(): TlsDetails;
}

/** Texts as OpenSSL has them, `''`: there is nothing to say. */
export interface TlsDetails {
  /** OpenSSL's name of the cipher: `ECDHE-ECDSA-AES128-GCM-SHA256`. */
  readonly cipher: string;
  /** The first common name of the peer's certificate. */
  readonly peerCommonName: string;
  /** How the certificate that the peer was shown is signed: `ecdsa-with-SHA256`. */
  readonly ownSignature: string;
  /** The type of its key, and the size in bits: `EC256`, `RSA2048`. */
  readonly ownKey: string;
}

/** Why a client's handshake failed, as it is counted. The first three are found out before there is a handshake. */
export type TlsFailureReason =
  | 'plain-http'
  | 'bad-hello'
  | 'unknown-name'
  | 'version'
  | 'cipher'
  | 'alpn'
  | 'certificate-missing'
  | 'certificate-rejected'
  | 'timeout'
  | 'closed'
  | 'reset'
  | 'other';

export interface TlsFailure {
  readonly reason: TlsFailureReason;
  /** OpenSSL's or Node's code (`ERR_SSL_NO_SHARED_CIPHER`, `CERT_HAS_EXPIRED`), `''` where there is none. */
  readonly code: string;
}

/** A handshake under way. */
export interface TlsHandshake {
  /** Gives it up and closes the connection; nothing is heard of it any more. */
  abort(): void;
}
