/**
 * What the control plane and a data-plane thread say to each other. Messages to one thread arrive in order; those
 * that ask for something are answered by the message named beside them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Operation } from '../core/operations.ts';
import type { ListenerSpec, Snapshot } from '../core/snapshot.ts';
import type { DataPlaneReport } from './data-plane-api.ts';
import type { ThreadTableHandle } from './thread-table.ts';

/** Given to a thread when it starts. */
export interface WorkerStart {
  readonly worker: number;
  readonly threads: ThreadTableHandle;
  /**
   * Where this thread leaves its listening sockets when it ends. Nobody reads the other end until an heir does, so
   * that the sockets wait in the port, and connections in the kernel's backlog.
   */
  readonly legacy: MessagePort;
  /** Accepts `test-fault`. */
  readonly allowTestFaults: boolean;
}

/** In the legacy port: one listening socket. */
export interface BequeathedServer {
  readonly id: string;
  readonly server: TransferredServer;
}

/** A `net.Server` on its way from thread to thread; only `net/` knows what it is made of. */
export type TransferredServer = object;
/** A `net.Socket` on its way from the accepting thread to the serving one. */
export type TransferredSocket = object;

export type ToWorker =
  /** Answered by `applied`. */
  | { readonly type: 'apply'; readonly snapshot: Snapshot; readonly operations: readonly Operation[] }
  /** Answered by `listening` or `listen-failed`. */
  | {
      readonly type: 'listen';
      readonly listener: ListenerSpec;
      readonly host: string;
      readonly port: number;
      readonly reusePort: boolean;
    }
  /** Takes the listening sockets that another thread left in its port. Answered by a `listening` for each. */
  | { readonly type: 'inherit'; readonly from: MessagePort; readonly listeners: readonly ListenerSpec[] }
  /** Another thread accepts for this listener, sockets come by `connection`. */
  | { readonly type: 'serve-passed'; readonly listener: ListenerSpec }
  | { readonly type: 'connection'; readonly listener: string; readonly socket: TransferredSocket }
  | { readonly type: 'update-listener'; readonly listener: ListenerSpec }
  /** Answered by `closed`. */
  | { readonly type: 'close-listener'; readonly id: string }
  /** Leave all listening sockets in the legacy port, then drain. Answered by `released`, later by `idle`. */
  | { readonly type: 'release' }
  /** Close the listening sockets and drain. Answered by `idle`. */
  | { readonly type: 'drain' }
  /** Reset what is left. Answered by `stopped`. */
  | { readonly type: 'stop' }
  /** For tests: break this thread. Ignored unless it was started with `allowTestFaults`. */
  | { readonly type: 'test-fault'; readonly fault: TestFault };

export type TestFault = 'throw' | 'reject' | 'loop' | 'exit';

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'applied'; readonly version: number }
  | { readonly type: 'listening'; readonly id: string; readonly port: number }
  | { readonly type: 'listen-failed'; readonly id: string; readonly code: string; readonly message: string }
  | { readonly type: 'closed'; readonly id: string }
  /** The listening sockets are in the legacy port. */
  | { readonly type: 'released'; readonly ids: readonly string[] }
  /** An exception that nobody caught: a bug. What follows is the same as after `release`. */
  | { readonly type: 'failed'; readonly message: string; readonly stack: string }
  | { readonly type: 'report'; readonly report: DataPlaneReport }
  /** Accepting pauses because the process has `maxConnections` open. */
  | { readonly type: 'at-limit'; readonly connections: number }
  /** Draining, and no client connection is left. */
  | { readonly type: 'idle' }
  | { readonly type: 'stopped' };
