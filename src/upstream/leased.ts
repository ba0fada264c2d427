/** A connection and its home: what the connections of an endpoint and a codec's client session know of each other. */
import type { ConnectionKeeping } from '../core/resilience/connection-keeping.ts';
import type { EndpointSpec } from '../core/snapshot.ts';
import type { EndpointTls } from './endpoint-tls.ts';
import type { LeaseLimits } from './lease-pool.ts';
import type { Owner } from './owner.ts';
import type { StrayRecord } from './stray-record.ts';
import type { Dialing } from './waiter.ts';

/** A connection to an endpoint as its home sees it; implemented by a codec's client session. */
export interface Leased<W> {
  /** When it came back, ms. */
  idleSince: number;
  /** How long it may lie idle, ms. */
  readonly idleLimitMs: number;
  /** The client connection that it is alone for; null: it is for anybody. */
  readonly owner: Owner | null;
  /** What it speaks TLS with, and the name that it was verified for; null and `''`: it does not. */
  readonly tls: EndpointTls | null;
  readonly peerName: string;
  /** Of its home when it was made: one of another list leads to another server. */
  readonly addresses: readonly string[];
  /** Begins the next message: the waiter hears of it at once. */
  carry(waiter: W): void;
  /** Closes an idle connection. */
  close(): void;
}

/** Makes connections to one endpoint. */
export interface Dialer<W> {
  /** Begins a connect for this waiter, which hears how it ends, later. */
  dial(waiter: W): Dialing;
  /** The limits on heads have changed. */
  updateLimits(): void;
}

/** Where connections of one endpoint come back to: all that a client session sees of it. */
export interface Home<W> {
  /** Where it is, and its name. */
  readonly spec: EndpointSpec;
  /** Those of `spec`, the same list as long as they are the same: connections of another one are not used again. */
  readonly addresses: readonly string[];
  readonly limits: LeaseLimits;
  /** Index of the address that answered last. */
  preferredAddress: number;
  /** What its closes have taught. */
  readonly keeping: ConnectionKeeping;
  readonly strays: StrayRecord;
  /** When a byte last came over any of its connections; -Infinity: never. */
  heardAt: number;
  /** Takes a connection that can be used again. False: the caller closes it. */
  keep(connection: Leased<W>, now: number): boolean;
  /** A connection that was kept, or is being looked at, has ended. */
  drop(connection: Leased<W>): void;
  /** Takes one that is looked at before it is offered to anybody; `settled` or `drop` follows. */
  settle(connection: Leased<W>): void;
  /** Nothing has come. False: it is not being looked at any more. */
  settled(connection: Leased<W>): boolean;
  /** A socket of this endpoint is gone, or its connect failed. */
  closed(): void;
}
