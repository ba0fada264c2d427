/** What a PROXY header says of a client's connection. */
import type { ProxyHeaderSpec } from '../../core/snapshot.ts';
import type { TlsInfo } from '../tls.ts';
import type { Connection, ConnectionFacts, EndAddress } from '../transport.ts';
import type { ProxyTls } from './tlvs.ts';
import type { ProxiedClient } from './write.ts';

/** Where the client connected to: here, or at a proxy in front that has said so. `ends` is asked only if need be. */
export function destinationOf(facts: ConnectionFacts, ends: Pick<Connection, 'localAddress'>): EndAddress {
  return facts.proxied?.destination ?? { address: ends.localAddress, port: facts.localPort };
}

/** `uniqueId`: what we call the connection, `''`: nothing. What TLS says here goes before what a proxy in front has said. */
export function proxiedClient(
  facts: ConnectionFacts,
  destination: EndAddress,
  uniqueId: string,
  { add }: ProxyHeaderSpec,
): ProxiedClient {
  const { peer, serverName, alpn, tls, proxied } = facts;
  return {
    source: peer,
    destination,
    authority: serverName === '' ? (proxied?.authority ?? '') : serverName,
    uniqueId,
    alpn: tls === null ? (proxied?.alpn ?? '') : alpn,
    tls: tls === null ? (proxied?.tls ?? null) : add.includes('ssl') ? proxyTlsOf(tls) : null,
  };
}

/** A client that shows a certificate which is not accepted gets no connection. */
function proxyTlsOf(tls: TlsInfo): ProxyTls {
  const { cipher, peerCommonName, ownSignature, ownKey } = tls.details();
  const hasCertificate = tls.peerCertificate() !== null;
  return {
    certificate: hasCertificate ? (tls.isResumed ? 'earlier' : 'now') : 'none',
    verifyResult: 0,
    version: tls.version,
    // A character for each byte of UTF-8.
    commonName: Buffer.from(peerCommonName, 'utf8').latin1Slice(),
    cipher,
    signature: ownSignature,
    key: ownKey,
  };
}
