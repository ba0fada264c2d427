/** What UDP needs: a listener compiled with all that follows from it, and its worker. */
import type { KeptMemory } from '../core/kept-memory.ts';
import type { KeySource } from '../core/keys/key-source.ts';
import type { RouteTable } from '../core/shared/route-table.ts';
import type { ListenerSpec, UdpSpec } from '../core/snapshot.ts';
import type { DatagramPeer, Datagrams } from '../net/datagrams.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import type { SessionLog, SessionRecord } from '../tcp/session-record.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Home } from '../upstream/leased.ts';
import type { OwnedWaiter } from '../upstream/owner.ts';
import type { Pool } from '../upstream/pool.ts';
import type { Dialing } from '../upstream/waiter.ts';
import type { UdpSession } from './session.ts';

/** What a socket to an endpoint has of the endpoint's connections, among which it counts. */
export type FlowHome = Pick<Home<unknown>, 'spec' | 'preferredAddress' | 'heardAt' | 'closed'>;

/** Who wants a socket to an endpoint, and makes it itself: it waits for none. */
export interface UdpWaiter extends OwnedWaiter {
  openFlow(home: FlowHome): Dialing;
}

export type UdpPool = Pool<UdpWaiter>;
export type UdpEndpoint = Endpoint<UdpWaiter>;

/** A listener with `udp`, compiled. */
export interface UdpRoute {
  readonly listener: ListenerSpec;
  readonly spec: UdpSpec;
  readonly pool: UdpPool;
  /** HTTP goes to the pool as well: what endpoints are out for may be more than a refusal shows. */
  readonly isShared: boolean;
  /** Sessions of this thread at a time. */
  readonly mostSessions: number;
  /** Row in the route table. */
  readonly slot: number;
  /** Null where the pool's policy does not look at keys. */
  readonly key: KeySource | null;
  /** Null: no line. */
  readonly log: SessionLog | null;
}

/** By whom a session was begun: where its answers go out. */
export interface SessionOwner {
  /** False: it is dropped. */
  answer(datagram: Buffer, to: DatagramPeer): boolean;
  /** Its client's next datagram begins another session. */
  forget(session: UdpSession): void;
  /** It is over, and forgotten. */
  ended(session: UdpSession): void;
}

export interface UdpHost {
  readonly datagrams: Datagrams;
  readonly wheel: TimerWheel;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  readonly routeTable: RouteTable;
  /** How long what is asked to go may go on, as of now. */
  readonly drainMs: number;
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  opened(session: UdpSession): void;
  closed(session: UdpSession): void;
  /** No endpoint was found for a session. */
  failed(record: SessionRecord): void;
}
