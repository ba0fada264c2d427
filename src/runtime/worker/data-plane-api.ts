/**
 * What the runtime asks of a data plane, one per worker thread or one in the caller's thread. The class is in
 * `data-plane.ts`; whoever runs it (`serving.ts`) knows this interface alone.
 */
import type { definitionOf } from '../../core/balancer/definition-of.ts';
import type { BanTable, BanTableHandle } from '../../core/lists/ban-table.ts';
import type { Clock } from '../../core/clock.ts';
import type { RescueOrder } from '../../core/health/evidence.ts';
import type { KeptMemory } from '../../core/kept-memory.ts';
import type { Operation } from '../../core/operations.ts';
import type { Random } from '../../core/random.ts';
import type { ListenerSpec, PoolSpec, Snapshot } from '../../core/snapshot.ts';
import type { LoopTurns } from '../../net/loop-turns.ts';
import type { AcceptedConnection, ConnectionHandler, Transport } from '../../net/transport.ts';
import type { Challenges } from '../shared/challenges.ts';
import type { DataPlaneReport } from '../shared/data-plane-report.ts';
import type * as limitParts from './limit-parts.ts';
import type * as proxyParts from './proxy-parts.ts';
import type * as tcpParts from './tcp-parts.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import type { LoadedParts } from './loaded-parts.ts';
import type { ThreadLists } from '../../steps/lists/thread-lists.ts';
import type { StepName } from './step-parts.ts';

/** What `maxRequests` needs. */
export type LimitParts = typeof limitParts;

/** What PROXY headers need. */
export type ProxyParts = typeof proxyParts;

/** What layer 4 needs. */
export type TcpParts = typeof tcpParts;

/** Bans as a thread looks into them. */
export type CreateBans = (handle: BanTableHandle) => BanTable;

export interface DataPlaneOptions {
  /** What is there from the beginning, and need not be loaded. */
  readonly loaded?: {
    readonly limitParts: LimitParts;
    readonly definitionOf: typeof definitionOf;
    readonly proxyParts: ProxyParts;
    readonly tcpParts: TcpParts;
    readonly lists?: ThreadLists;
    readonly createBans?: CreateBans;
    readonly steps: Readonly<Record<StepName, CreateStep>>;
  };
  /** Worker slot: this thread's row in the ledgers and its stripe of the counters. */
  readonly worker: number;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Of this thread's event loop. */
  readonly turns: LoopTurns;
  readonly random: Random;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  /** Hears what the control plane has to know. Must not throw. */
  report(report: DataPlaneReport): void;
}

export interface DataPlane {
  /** Loads what this snapshot needs and most do not, before it is applied. Null: all of it is there. */
  loadFor(snapshot: Snapshot): Promise<void> | null;
  /** Takes a snapshot over between two requests. Operations on listeners are not its business and ignored. */
  apply(snapshot: Snapshot, operations: readonly Operation[]): void;
  /** Some pools have changed and nothing else: no route is compiled anew. */
  refresh(version: number, pools: readonly PoolSpec[], operations: readonly Operation[]): void;
  /** What is loaded late; what speaks TLS is told of certificates there. */
  readonly parts: Pick<LoadedParts, 'tls' | 'udp' | 'loadUdp' | 'loadClients' | 'takeClients'>;
  /** Loads what speaks TLS. Null: it is there. */
  loadTls(): Promise<void> | null;
  /** What authorities are answered from now on. */
  challenge(challenges: Challenges): void;
  /** Tells every attempt at an endpoint that it takes nothing new: those that can move off it do. */
  rescue(order: RescueOrder): void;
  /** Rows of routes that have left the config, of which an exchange is still under way. */
  heldRoutes(): readonly number[];
  /** The listener has left the config: its clients are asked to go, and cut when the drain time is over. */
  drainListener(listener: ListenerSpec): void;
  /** What `Transport.listen` is given for this listener. */
  accept(listener: ListenerSpec): (connection: AcceptedConnection) => ConnectionHandler;
  /** Exchanges under way. */
  readonly exchanges: number;
  /** Client connections that are open. */
  readonly connections: number;
  /** Exceptions caught since the start. */
  readonly faults: number;
  /** From now on answers carry `Connection: close`, and idle client connections close after 1 s without bytes. */
  beginDrain(): void;
  /** Called whenever the last client connection has closed. */
  onIdle: (() => void) | null;
  /** Called when too many clients are on their way into TLS, and when there is room again. */
  onCrowded: ((isCrowded: boolean) => void) | null;
  /** Counts and reports an exception that the transport's guard caught. */
  reportFault(error: unknown): void;
  /** Resets everything that is left. */
  destroy(): void;
}
