/**
 * The difference of two snapshots as a list of operations: made by the pure function `diffSnapshots`, and the
 * only thing that creates or destroys runtime objects, at start too (the difference from nothing).
 */
import type { EndpointSpec, ListenerSpec, PoolSpec, Snapshot } from './snapshot.ts';

export type Operation =
  | { readonly op: 'add-pool'; readonly pool: PoolSpec }
  /** Anything of the pool but its endpoints changed: policy, limits, retry, host … */
  | { readonly op: 'update-pool'; readonly pool: PoolSpec }
  | { readonly op: 'remove-pool'; readonly id: string }
  | { readonly op: 'add-endpoint'; readonly pool: string; readonly endpoint: EndpointSpec }
  /** Weight or addresses changed; identity, slot and generation did not. */
  | { readonly op: 'update-endpoint'; readonly pool: string; readonly endpoint: EndpointSpec }
  /** Drains: no new requests, the ones in flight finish. */
  | { readonly op: 'remove-endpoint'; readonly pool: string; readonly id: string; readonly slot: number }
  /** Routes are replaced as a whole; the router is compiled anew. */
  | { readonly op: 'set-routes' }
  /** Settings are replaced as a whole. */
  | { readonly op: 'set-settings' }
  /** Data-plane threads, at start too. */
  | { readonly op: 'set-threads'; readonly threads: number }
  | { readonly op: 'open-listener'; readonly listener: ListenerSpec }
  /** Changed without a new address. */
  | { readonly op: 'update-listener'; readonly listener: ListenerSpec }
  /** Host and port as well: a listener with a new address is opened under its id before the old one closes. */
  | {
      readonly op: 'close-listener';
      readonly id: string;
      readonly host: string;
      readonly port: number;
      /** Its port is one of UDP. */
      readonly udp?: true;
    };

/** `from` null: everything is new. Additions come first, removals last; a pool is there before a route names it. */
export type DiffSnapshots = (from: Snapshot | null, to: Snapshot) => readonly Operation[];
