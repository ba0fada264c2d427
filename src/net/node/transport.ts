/**
 * The engine over `node:net`. Reads land in buffers of ours (`onread`), or, where this Node does not allow that, come
 * as `'data'` events (`data`): the same behaviour, at about twice the cost for large bodies.
 */
import net from 'node:net';
import { Guard } from '../guard.ts';
import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { loopClockOf } from '../loop-clock.ts';
import type { LoopClock } from '../loop-clock.ts';
import type {
  Connection,
  ConnectionHandler,
  DialOptions,
  FaultReporter,
  Listener,
  ListenOptions,
  Transport,
} from '../transport.ts';
import type { ConnectionPlane } from './connection-plane.ts';
import { DataConnection } from './data-connection.ts';
import { NodeListener } from './listener.ts';
import type { Accept } from './listener.ts';
import { OnreadConnection } from './onread-connection.ts';
import { MAX_OWN_BUFFERS, ReadBuffers } from './read-buffers.ts';
import { onConnect, onRead, tie } from './socket-events.ts';
import { canLandReads, landingSocket, landReads } from './user-buffer.ts';

export type NodeEngine = 'onread' | 'data';

export interface NodeTransportOptions {
  /** Hears what the guard caught. */
  readonly onFault: FaultReporter;
  /** The thread's {@link LoopClock}: every event of a connection is an entry of it. Default: one of the transport's own. */
  readonly clock?: Clock;
  /** Default: `onread` where Node looks as if it could; {@link chooseEngine} makes sure. */
  readonly engine?: NodeEngine;
  /** Connections that may have a read buffer of their own (130 KiB) at a time. Default {@link MAX_OWN_BUFFERS}. */
  readonly maxOwnBuffers?: number;
}

/**
 * The high-water mark of writing: never reached, so that Node schedules no `'drain'` ticks. Back-pressure is what
 * writes answer. Reading has none in the `onread` engine, since nothing is pushed into the stream.
 */
const NO_MARK = 2 ** 30;
const DEFAULT_BACKLOG = 4096;

export function createNodeTransport(options: NodeTransportOptions): NodeTransport {
  return new NodeTransport(options);
}

export class NodeTransport implements Transport {
  readonly name: string;
  /** The guard around every event; for the thread's other entries, too. */
  readonly guard: Guard;
  /** The time as of the event that is being handled. */
  readonly clock: LoopClock;
  readonly #isOnread: boolean;
  readonly #plane: ConnectionPlane;

  constructor(options: NodeTransportOptions) {
    this.#isOnread = (options.engine ?? 'onread') === 'onread' && canLandReads();
    this.name = this.#isOnread ? 'node:net (onread)' : 'node:net (data)';
    this.guard = new Guard(options.onFault);
    this.clock = loopClockOf(options.clock ?? systemClock);
    this.#plane = {
      guard: this.guard,
      clock: this.clock,
      buffers: new ReadBuffers(options.maxOwnBuffers ?? MAX_OWN_BUFFERS),
    };
  }

  listen(options: ListenOptions, accept: Accept): Promise<Listener> {
    const server = net.createServer({
      pauseOnConnect: true,
      allowHalfOpen: true,
      noDelay: true,
      ...(this.#isOnread ? { highWaterMark: NO_MARK } : {}),
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      const { host, port, reusePort, backlog = DEFAULT_BACKLOG } = options;
      server.listen({ host, port, reusePort, backlog }, () => {
        server.removeListener('error', reject);
        resolve(new NodeListener(this, server, accept));
      });
    });
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    const { host, port } = options;
    const socketOptions = { allowHalfOpen: true, noDelay: true, writableHighWaterMark: NO_MARK };
    let socket: net.Socket;
    if (this.#isOnread) {
      socket = landingSocket(socketOptions, onRead, this.#plane.buffers.nextLanding);
      this.#plane.buffers.landNext(this.#plane.buffers.scratch);
    } else {
      socket = new net.Socket(socketOptions);
    }
    const connection = this.#connect(socket, false, handler, null);
    socket.on('connect', onConnect);
    socket.connect({ host, port });
    return connection;
  }

  /** Makes a connection of a socket that was accepted, here or on another thread, and has not read yet. */
  adoptSocket(socket: net.Socket, accept: Accept, onGone: (() => void) | null = null): void {
    if (this.#isOnread) landReads(socket, this.#plane.buffers.scratch.landing, onRead, this.#plane.buffers.nextLanding);
    const connection = this.#connect(socket, true, NOBODY, onGone);
    try {
      connection.handler = accept(connection);
    } catch (error) {
      this.guard.report(error);
      connection.reset();
    }
    connection.begin();
  }

  #connect(
    socket: net.Socket,
    isConnected: boolean,
    handler: ConnectionHandler,
    onGone: (() => void) | null,
  ): OnreadConnection | DataConnection {
    const Kind = this.#isOnread ? OnreadConnection : DataConnection;
    const connection = new Kind(socket, isConnected, handler, this.#plane, onGone);
    tie(socket, connection);
    return connection;
  }
}

/** Holds the place of an accepted connection's handler until `accept` has answered, or for good where it threw. */
const NOBODY: ConnectionHandler = Object.freeze({
  onConnect() {},
  onBytes() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
  onFault() {},
});
