import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsDetails, TlsInfo } from '../tls.ts';

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
  /** OpenSSL's name. */
  readonly #cipher: string;
  readonly #asked: AskedClients | null;
  /** Of a client that was asked: kept for the log, which may be written when the connection has closed. */
  readonly #clientCertificate: X509Certificate | null;
  #fingerprint: string | null = null;
  #details: TlsDetails | null = null;

  /** Of a socket whose handshake is over. `asked`: it is a client's, which was asked for a certificate. */
  constructor(socket: TLSSocket, asked: AskedClients | null) {
    this.#socket = socket;
    this.#asked = asked;
    this.version = socket.getProtocol() ?? '';
    const { name, standardName } = socket.getCipher();
    this.cipher = standardName;
    this.#cipher = name;
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

  details(): TlsDetails {
    return (this.#details ??= this.#findDetails());
  }

  #findDetails(): TlsDetails {
    const own = this.#socket.getX509Certificate();
    return {
      cipher: this.#cipher,
      peerCommonName: firstCommonName(this.#certificate()),
      ownSignature: own === undefined ? '' : signatureOf(own),
      ownKey: own === undefined ? '' : keyOf(own),
    };
  }

  #certificate(): X509Certificate | null {
    return this.isPeerAsked ? this.#clientCertificate : (this.#socket.getPeerX509Certificate() ?? null);
  }
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function firstCommonName(certificate: X509Certificate | null): string {
  // Of several, Node has a list, and no type for it.
  const names = certificate?.toLegacyObject().subject.CN as string | readonly string[] | undefined;
  return (typeof names === 'object' ? names[0] : names) ?? '';
}

/** Node has OpenSSL's long names; where the short one is another, it is the one that is written elsewhere. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['sha1WithRSAEncryption', 'RSA-SHA1'],
  ['sha224WithRSAEncryption', 'RSA-SHA224'],
  ['sha256WithRSAEncryption', 'RSA-SHA256'],
  ['sha384WithRSAEncryption', 'RSA-SHA384'],
  ['sha512WithRSAEncryption', 'RSA-SHA512'],
  ['rsassaPss', 'RSASSA-PSS'],
]);

function signatureOf({ signatureAlgorithm = '' }: X509Certificate): string {
  return SHORT_NAMES.get(signatureAlgorithm) ?? signatureAlgorithm;
}

/** Of the two types whose keys have a size of their own choice; others say nothing. */
function keyOf(certificate: X509Certificate): string {
  const type = certificate.publicKey.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') return '';
  const { bits } = certificate.toLegacyObject();
  return bits === undefined ? '' : `${type.toUpperCase()}${bits}`;
}
