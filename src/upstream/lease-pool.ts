/** The connections of one endpoint on one thread, as its endpoint sees them. */
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { EndpointSpec } from '../core/snapshot.ts';
import type { EndpointTls } from './endpoint-tls.ts';
import type { Waiter } from './waiter.ts';

export interface LeaseLimits {
  /** Sockets over all threads, 0: no limit. */
  readonly maxConnections: number;
  /** Idle ones over all threads. */
  readonly maxIdle: number;
  /** How long one is kept without a hint of the server, ms. */
  readonly idleTimeoutMs: number;
  /** For the codec: heads of answers may have lone LF. */
  readonly isLenient: boolean;
  /** What is spoken TLS with, null: nothing is. Connections of another one are not used again. */
  readonly tls: EndpointTls | null;
}

export interface LeasePool<W extends Waiter> {
  /** When a byte last came over any of its connections; -Infinity: never. */
  readonly heardAt: number;
  /**
   * Finds a connection for somebody, kept or new: the waiter hears of it, before this returns where it is a kept one.
   * False: the endpoint is at its limit, and the waiter waits here for its turn.
   */
  lease(waiter: W, now: number): boolean;
  /** The waiter no longer waits. */
  cancel(waiter: W): void;
  /** To be called every few milliseconds where there is a limit: another thread may have freed a place, or want one. */
  lookForPlaces(): void;
  /** Where it is, its name or its limits have changed. */
  update(spec: EndpointSpec, limits: LeaseLimits): void;
  /** The limits on heads have changed. */
  updateHeadLimits(): void;
  /** The pool has a larger table: what is held there has been moved. */
  moveTo(table: PoolTable): void;
  /** The endpoint has left the config: kept connections close, those in use close after their message, who waits moves on. */
  retire(): void;
}
