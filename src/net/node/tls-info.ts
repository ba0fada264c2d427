import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsInfo } from '../tls.ts';

/** More than any chain has that is not made to keep us busy. */
const MOST_ISSUERS = 8;

/** What clients are asked for that come by one profile. */
export interface AskedClients {
  /** Those that their certificates may be of. */
  readonly authorities: readonly X509Certificate[];
}

export class NodeTlsInfo implements TlsInfo {
  readonly version: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly isPeerAsked: boolean;
  readonly #socket: TLSSocket;
  readonly #asked: AskedClients | null;
  /** Of a client that was asked: kept for the log, which may be written when the connection has closed. */
  readonly #clientCertificate: X509Certificate | null;
  #fingerprint: string | null = null;

  /** Of a socket whose handshake is over. `asked`: it is a client's, which was asked for a certificate. */
  constructor(socket: TLSSocket, asked: AskedClients | null) {
    this.#socket = socket;
    this.#asked = asked;
    this.version = socket.getProtocol() ?? '';
    this.cipher = socket.getCipher().standardName;
    this.isResumed = socket.isSessionReused();
    this.isPeerAsked = asked !== null;
    this.#clientCertificate = this.isPeerAsked ? (socket.getPeerX509Certificate() ?? null) : null;
  }

  peerCertificate(): Buffer | null {
    return this.#certificate()?.raw ?? null;
  }

  /**
   * What a client shows beside its certificate is its own choice: of that, only what has issued the one before it. An
   * authority that signs itself is not passed on; whoever is told of the client knows it.
   */
  peerChain(): readonly Buffer[] {
    const chain: X509Certificate[] = [];
    const known = [...this.#shown(), ...(this.#asked?.authorities ?? [])];
    let last = this.#clientCertificate;
    while (last !== null && chain.length < MOST_ISSUERS) {
      const issuer = known.find((each) => !chain.includes(each) && hasIssued(each, last as X509Certificate));
      if (issuer === undefined || hasIssued(issuer, issuer)) break;
      chain.push(issuer);
      last = issuer;
    }
    return chain.map(({ raw }) => raw);
  }

  /** What the client has shown beside its own, in its order. Some versions of Node say nothing of it. */
  #shown(): readonly X509Certificate[] {
    const shown: X509Certificate[] = [];
    let next = this.#clientCertificate?.issuerCertificate;
    for (; next !== undefined && shown.length < MOST_ISSUERS; next = next.issuerCertificate) shown.push(next);
    return shown;
  }

  peerFingerprint(): string {
    return (this.#fingerprint ??= this.#certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '');
  }

  #certificate(): X509Certificate | null {
    return this.isPeerAsked ? this.#clientCertificate : (this.#socket.getPeerX509Certificate() ?? null);
  }
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
