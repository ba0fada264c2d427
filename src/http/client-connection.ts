/** One client connection, as the exchanges on it see it: shared by its streams, however many a codec carries at a time. */
import type { ListenerSpec } from '../core/snapshot.ts';
import { destinationOf } from '../net/proxy-protocol/proxied-client.ts';
import type { TlsInfo } from '../net/tls.ts';
import type { Connection, ConnectionFacts, EndAddress } from '../net/transport.ts';
import type { Keeper, Owner } from '../upstream/owner.ts';
import type { Peer } from './forwarding.ts';
import type { OutgoingRequest } from './outgoing.ts';

/** What only few ask for, since it costs a call of the system. */
type ConnectionEnds = Pick<Connection, 'localAddress'>;

function certificateLines(tls: TlsInfo): string {
  const certificate = tls.peerCertificate();
  if (certificate === null) return '';
  const chain = tls.peerChain();
  const own = `Client-Cert: ${binaryItem(certificate)}\r\n`;
  return chain.length === 0 ? own : `${own}Client-Cert-Chain: ${chain.map(binaryItem).join(', ')}\r\n`;
}

/** A byte sequence of structured fields (RFC 8941 3.3.5). */
function binaryItem(bytes: Buffer): string {
  return `:${bytes.toString('base64')}:`;
}

/** Which of our own links an address is on says nothing to anybody else. */
function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}

export class ClientConnection implements Owner {
  readonly listener: ListenerSpec;
  readonly facts: ConnectionFacts;
  /** What was worked out for this connection's last request; clients repeat themselves. Written by the exchange alone. */
  memo: OutgoingRequest | null = null;
  isGone = false;
  readonly #ends: ConnectionEnds;
  #peer: Peer | null = null;
  #certificateLines: string | null = null;
  /** Who was asked whether the peer is trusted; another config asks anew. */
  #trustedBy: ((address: string) => boolean) | null = null;
  /** Those that keep connections for this one alone. */
  #keepers: Set<Keeper> | null = null;

  /** `facts`: when its stages are over, so that they are final. */
  constructor(listener: ListenerSpec, facts: ConnectionFacts, ends: ConnectionEnds) {
    this.listener = listener;
    this.facts = facts;
    this.#ends = ends;
  }

  /** Where the client connected to: here, or at a proxy in front that has said so. */
  get destination(): EndAddress {
    return destinationOf(this.facts, this.#ends);
  }

  tellAtEnd(keeper: Keeper): void {
    (this.#keepers ??= new Set()).add(keeper);
  }

  /** It has ended, and so does what others keep for it alone. */
  end(): void {
    this.isGone = true;
    if (this.#keepers === null) return;
    for (const keeper of this.#keepers) keeper.ownerGone(this);
    this.#keepers = null;
  }

  /** What endpoints are told of the client's certificate (RFC 9440), `''`: nothing. */
  get certificateLines(): string {
    if (this.facts.tls === null || this.listener.tls?.clientCertificate?.forward !== true) return '';
    return (this.#certificateLines ??= certificateLines(this.facts.tls));
  }

  /** The listener lets a client close its side before the answer. */
  get allowsHalfClose(): boolean {
    return this.listener.halfClose === 'allow';
  }

  /** The other end, and whether it is one of `trustedProxies`, which `isTrusted` says. */
  peer(isTrusted: (address: string) => boolean): Peer {
    if (this.#peer !== null && this.#trustedBy === isTrusted) return this.#peer;
    const { scheme, localPort } = this.facts;
    const address = withoutZone(this.facts.peer.address);
    this.#trustedBy = isTrusted;
    this.#peer = { address, scheme, localPort, isTrusted: isTrusted(address) };
    return this.#peer;
  }
}
