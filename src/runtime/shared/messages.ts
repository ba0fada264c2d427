/**
 * What the control plane and a data-plane thread say to each other. Messages to one thread arrive in order; those
 * that ask for something are answered by the message named beside them.
 */
import type { Socket } from 'node:net';
import type { BanTableHandle } from '../../core/lists/ban-table.ts';
import type { ListHandle } from '../../core/lists/list-handle.ts';
import type { MemoryTableHandle } from '../../core/shared/memory-table.ts';
import type { RescueOrder } from '../../core/health/evidence.ts';
import type { Operation } from '../../core/operations.ts';
import type { ListenerSpec, PoolSpec, Snapshot } from '../../core/snapshot.ts';
import type { NetServerHandle } from '../../net/node/listener.ts';
import type { NodeEngine } from '../../net/node/transport.ts';
import type { Challenges } from './challenges.ts';
import type { DataPlaneReport } from './data-plane-report.ts';
import type { ListenerKey, Listening } from './listener-key.ts';
import type { TlsMaterials } from './tls-material.ts';
import type { ThreadTableHandle } from './thread-table.ts';

/** Given to a thread when it starts. */
export interface WorkerStart {
  readonly worker: number;
  readonly threads: ThreadTableHandle;
  readonly memory: MemoryTableHandle;
  /** The transport's engine, which the control plane has tried out. */
  readonly engine: NodeEngine;
  /** Accepts `test-fault`. */
  readonly allowTestFaults: boolean;
}

/** A listening socket at rest, on its way from thread to thread: connections wait in its backlog. */
export interface RestingListener {
  readonly listener: ListenerSpec;
  readonly handle: NetServerHandle;
}

export type ToWorker =
  /** Answered by `applied`. */
  | { readonly type: 'apply'; readonly snapshot: Snapshot; readonly operations: readonly Operation[] }
  /** What TLS is spoken with; comes before a snapshot that needs it. It has private keys, as `challenge` does. */
  | { readonly type: 'certify'; readonly materials: TlsMaterials }
  /** All named lists of addresses, in place of those before; comes before a snapshot that needs one. */
  | { readonly type: 'lists'; readonly lists: readonly ListHandle[] }
  /** Who is banned; comes before a snapshot whose routes look into it. */
  | { readonly type: 'bans'; readonly bans: BanTableHandle }
  /** What authorities are answered, in place of what was before. Answered by `challenged`. */
  | { readonly type: 'challenge'; readonly number: number; readonly challenges: Challenges }
  /** The same snapshot but for these pools. Answered by `applied`. */
  | {
      readonly type: 'refresh';
      readonly version: number;
      readonly pools: readonly PoolSpec[];
      readonly operations: readonly Operation[];
    }
  /** Answered by `listening` or `listen-failed`. */
  | {
      readonly type: 'listen';
      readonly listener: ListenerSpec;
      readonly host: string;
      readonly port: number;
      readonly reusePort: boolean;
    }
  /** Takes over listening sockets of another thread. Answered by `inherited`. */
  | { readonly type: 'inherit'; readonly sockets: readonly RestingListener[] }
  /** Another thread accepts for this listener, sockets come by `connection`. */
  | { readonly type: 'serve-passed'; readonly listener: ListenerSpec }
  | { readonly type: 'connection'; readonly listener: ListenerKey; readonly socket: Socket }
  | { readonly type: 'update-listener'; readonly listener: ListenerSpec }
  /** The listener's address belongs to another one from now on, and with it the listening sockets. */
  | { readonly type: 'rename-listener'; readonly from: ListenerKey; readonly listener: ListenerSpec }
  /** Give listening sockets of this listener away: all but `keep`, at most `most`. Answered by `yielded`. */
  | { readonly type: 'yield-sockets'; readonly listener: ListenerKey; readonly keep: number; readonly most: number }
  /** Close its listening sockets, and let its clients finish. Answered by `closed`. */
  | ({ readonly type: 'close-listener' } & Listening)
  /** Give all listening sockets away, then drain. Answered by `released`, later by `idle`. */
  | { readonly type: 'release' }
  /** Close the listening sockets and drain. Answered by `idle`. */
  | { readonly type: 'drain' }
  /** Reset what is left. Answered by `stopped`. */
  | { readonly type: 'stop' }
  /** Attempts are to move off an endpoint; its row's `rescue` in the pool's table says why, for as long as that holds. */
  | ({ readonly type: 'rescue' } & RescueOrder)
  /** For tests: break this thread. Ignored unless it was started with `allowTestFaults`. */
  | { readonly type: 'test-fault'; readonly fault: TestFault };

export type TestFault = 'throw' | 'reject' | 'block' | 'loop' | 'exit';

export type FromWorker =
  | { readonly type: 'ready' }
  /** `heldRoutes`: rows of routes that this snapshot does not have, of which an exchange is still under way. */
  | { readonly type: 'applied'; readonly version: number; readonly heldRoutes: readonly number[] }
  | { readonly type: 'challenged'; readonly number: number }
  | { readonly type: 'listening'; readonly listener: ListenerKey; readonly port: number }
  | { readonly type: 'listen-failed'; readonly listener: ListenerKey; readonly code: string; readonly message: string }
  | { readonly type: 'closed'; readonly listener: ListenerKey }
  | { readonly type: 'inherited' }
  | { readonly type: 'yielded'; readonly listener: ListenerKey; readonly sockets: readonly RestingListener[] }
  /** More than once: sockets that reach it later are given away as well. */
  | { readonly type: 'released'; readonly sockets: readonly RestingListener[] }
  /** An exception that nobody caught: a bug. What follows is the same as after `release`. */
  | { readonly type: 'failed'; readonly message: string; readonly stack: string }
  | { readonly type: 'report'; readonly report: DataPlaneReport }
  /** Accepting pauses because the process has `maxConnections` open. */
  | { readonly type: 'at-limit'; readonly connections: number }
  /** Draining, and no client connection is left. `received`: sockets that have been passed to it so far. */
  | { readonly type: 'idle'; readonly received: number }
  | { readonly type: 'stopped' };
