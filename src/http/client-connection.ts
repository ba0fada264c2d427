/** One client connection, as the exchanges on it see it: shared by its streams, however many a codec carries at a time. */
import type { ListenerSpec } from '../core/snapshot.ts';
import type { ConnectionFacts } from '../net/transport.ts';
import type { Peer } from './forwarding.ts';
import type { OutgoingRequest } from './outgoing.ts';

export class ClientConnection {
  readonly listener: ListenerSpec;
  readonly facts: ConnectionFacts;
  /** What was worked out for this connection's last request; clients repeat themselves. Written by the exchange alone. */
  memo: OutgoingRequest | null = null;
  #peer: Peer | null = null;
  /** Who was asked whether the peer is trusted; another config asks anew. */
  #trustedBy: ((address: string) => boolean) | null = null;

  /** `facts`: when its stages are over, so that they are final. */
  constructor(listener: ListenerSpec, facts: ConnectionFacts) {
    this.listener = listener;
    this.facts = facts;
  }

  /** The listener lets a client close its side before the answer. */
  get allowsHalfClose(): boolean {
    return this.listener.halfClose === 'allow';
  }

  /** The other end, and whether it is one of `trustedProxies`, which `isTrusted` says. */
  peer(isTrusted: (address: string) => boolean): Peer {
    if (this.#peer !== null && this.#trustedBy === isTrusted) return this.#peer;
    const { scheme, localPort } = this.facts;
    const { address } = this.facts.peer;
    this.#trustedBy = isTrusted;
    this.#peer = { address, scheme, localPort, isTrusted: isTrusted(address) };
    return this.#peer;
  }
}
