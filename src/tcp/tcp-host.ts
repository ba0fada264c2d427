/** What a session of layer 4 needs: the listener that it came by with all that follows from it, and its worker. */
import type { KeptMemory } from '../core/kept-memory.ts';
import type { KeySource } from '../core/keys/key-source.ts';
import type { RouteTable } from '../core/shared/route-table.ts';
import type { ListenerSpec, TcpSpec } from '../core/snapshot.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Pool } from '../upstream/pool.ts';
import type { SessionLog, SessionRecord } from './session-record.ts';
import type { TcpSession } from './session.ts';
import type { TcpWaiter } from './tcp-pool-dialer.ts';

export type TcpPool = Pool<TcpWaiter>;
export type TcpEndpoint = Endpoint<TcpWaiter>;

/** A listener with `tcp`, compiled. */
export interface TcpRoute {
  readonly listener: ListenerSpec;
  readonly spec: TcpSpec;
  readonly pool: TcpPool;
  /** HTTP goes to the pool as well: what endpoints are out for may be more than connects show. */
  readonly isShared: boolean;
  /** Row in the route table. */
  readonly slot: number;
  /** Null where the pool's policy does not look at keys. */
  readonly key: KeySource | null;
  /** Null: no line. */
  readonly log: SessionLog | null;
}

export interface TcpHost {
  readonly wheel: TimerWheel;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  readonly routeTable: RouteTable;
  readonly isDraining: boolean;
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  opened(session: TcpSession): void;
  closed(session: TcpSession): void;
  /** No endpoint was found for a session. */
  failed(record: SessionRecord): void;
}
