/** Connections to endpoints that are one client connection's alone: who has them, and who hears of its end. */
import type { Waiter } from './waiter.ts';

/** Keeps connections for owners. */
export interface Keeper {
  /** The owner has ended: what is kept for it closes. */
  ownerGone(owner: Owner): void;
}

/** A client connection. */
export interface Owner {
  /** It has ended. */
  readonly isGone: boolean;
  /** Tells this keeper when it ends, once, however often it is asked to. */
  tellAtEnd(keeper: Keeper): void;
}

/** Who takes each connection for one message alone, and keeps none. */
export const KEEPS_NONE: Owner = { isGone: true, tellAtEnd: () => {} };

/** One that takes connections for its owner. */
export interface OwnedWaiter extends Waiter {
  readonly owner: Owner;
}
