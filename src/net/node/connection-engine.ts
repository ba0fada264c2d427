/** What a transport leaves to its engine: connections of what servers accept, and of what is dialled. */
import type net from 'node:net';
import type { ConnectionHandler, DialOptions } from '../transport.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { SocketHandle } from './handle-types.ts';
import type { NodeConnection } from './connection.ts';

/** `handle`: connections stand on Node's handles; the others on its streams, and `onread` reads into buffers of ours. */
export type NodeEngine = 'handle' | 'onread' | 'data';

/** What a server has accepted, which does not read yet. Nobody but the engine looks into it. */
export type Accepted = net.Socket | SocketHandle;

export type CreateEngine = (host: ConnectionHost) => ConnectionEngine;

export interface ConnectionEngine {
  readonly name: NodeEngine;
  /** What the server accepts is given to `take` from now on. */
  hear(server: net.Server, take: (accepted: Accepted) => void): void;
  /** Closes it. */
  drop(accepted: Accepted): void;
  /** `onGone` is called when it has closed. */
  accept(accepted: Accepted, onGone: (() => void) | null): NodeConnection;
  /** A socket that another thread has accepted. */
  adopt(socket: net.Socket): NodeConnection;
  dial(options: DialOptions, handler: ConnectionHandler): NodeConnection;
}
