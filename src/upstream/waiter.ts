/** Who takes an endpoint's connections: an attempt of HTTP, or a session of layer 4. */

/** Any connection will do: what goes over it may be sent again. */
export const LEASE_ANY = 0;
/** It must not be sent twice: a kept connection only where the endpoint has proved to keep them. */
export const LEASE_PROVED = 1;
/** A kept connection has just turned out closed, and the others are of the same age: a new one. */
export const LEASE_FRESH = 2;
/** A connection that has carried nothing, and is for this one alone: a kept one is of no use. */
export const LEASE_OWN = 3;

export type LeaseWant = typeof LEASE_ANY | typeof LEASE_PROVED | typeof LEASE_FRESH | typeof LEASE_OWN;

export interface Waiter {
  /** Read while it waits. */
  readonly want: LeaseWant;
  /** The name that its connection has to be verified for, where the endpoint is spoken to over TLS. */
  readonly peerName: string;
  /** A connect for it is under way; the codec's own word follows when it has ended. */
  onDialing(dialing: Dialing): void;
  /** Its turn has come: it has a place, and a connection or a connect. */
  onPlace(): void;
  /** The endpoint has left the config while it waited there: it looks for another one. */
  onMoved(): void;
  /** Our own code threw while it handled this one. */
  onOwnFault(): void;
}

/** A connect under way. */
export interface Dialing {
  abort(): void;
}
