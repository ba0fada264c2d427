/**
 * The engine over `node:net`. Reads land in buffers of ours (`onread`), or, where this Node does not allow that, come
 * as `'data'` events (`data`): the same behaviour, at about twice the cost for large bodies.
 */
import { once } from 'node:events';
import net from 'node:net';
import { Guard } from '../guard.ts';
import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { loopClockOf } from '../loop-clock.ts';
import type { LoopClock } from '../loop-clock.ts';
import type {
  AcceptedConnection,
  Connection,
  ConnectionHandler,
  DialOptions,
  FaultReporter,
  HandshakeHandler,
  Listener,
  ListenOptions,
  TcpListenOptions,
  Transport,
  UnixListenOptions,
} from '../transport.ts';
import { NOBODY } from '../nobody.ts';
import type { TlsHandshake, TlsProfile } from '../tls.ts';
import type { ConnectionHost } from './connection-host.ts';
import { DataConnection } from './data-connection.ts';
import { BACKLOG, NodeListener, takeServer } from './listener.ts';
import type { NetServerHandle, TakeSocket } from './listener.ts';
import { OnreadConnection } from './onread-connection.ts';
import { MAX_OWN_BUFFERS, ReadBuffers } from './read-buffers.ts';
import { LoopTurnCount } from './loop-turn-count.ts';
import { onConnect, onRead, outliveFailedWrites, tie, tieData } from './socket-events.ts';
import { SocketTable } from './socket-table.ts';
import type { DiallingClient, SecuringProfile } from './tls-engine.ts';
import { canInheritNoDelay, canLandReads, inheritNoDelay, landingSocket, landReads } from './node-internals.ts';

export type NodeEngine = 'onread' | 'data';

export interface NodeTransportOptions {
  /** Called with what the guard caught. */
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
 * writes return. Reading has none in the `onread` engine, since nothing is pushed into the stream.
 */
const NO_MARK = 2 ** 30;

/** Its connection has to ask the system. */
const UNKNOWN_PORT = 0;

/** Returns the handler of an accepted connection. */
export type Accept = (connection: AcceptedConnection) => ConnectionHandler;
/** Posts an accepted socket to another thread. */
export type PassSocket = (socket: net.Socket) => void;

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
  readonly #host: ConnectionHost;

  constructor(options: NodeTransportOptions) {
    this.#isOnread = (options.engine ?? 'onread') === 'onread' && canLandReads();
    this.name = this.#isOnread ? 'node:net (onread)' : 'node:net (data)';
    this.guard = new Guard(options.onFault);
    this.clock = loopClockOf(options.clock ?? systemClock);
    this.#host = {
      guard: this.guard,
      clock: this.clock,
      buffers: new ReadBuffers(options.maxOwnBuffers ?? MAX_OWN_BUFFERS),
      sockets: new SocketTable(),
      turns: new LoopTurnCount(),
      landsTls: this.#isOnread,
    };
  }

  listen(options: ListenOptions, accept: Accept): Promise<Listener> {
    if ('path' in options) return this.#listenUnix(options, accept);
    return this.#listen(options, (socket, onGone, port) => this.#accept(socket, accept, onGone, port));
  }

  /**
   * Listens for other threads: each accepted socket, which has not read yet (one that has cannot be transferred), is
   * given to `pass`, to be posted as `port.postMessage({ socket }, [socket])` and adopted there.
   */
  listenAndPass(options: TcpListenOptions, pass: PassSocket): Promise<Listener> {
    return this.#listen(options, (socket, onGone) => this.#pass(socket, pass, onGone));
  }

  /** Makes a connection of a socket that another thread has accepted and passed. */
  adoptSocket(socket: net.Socket, accept: Accept): void {
    this.#accept(socket, accept, null, UNKNOWN_PORT);
  }

  /**
   * Takes the listening socket out of a listener of this transport, to be handed to another thread; open connections
   * stay here. See {@link NetServerHandle}.
   */
  release(listener: Listener): NetServerHandle {
    if (!(listener instanceof NodeListener)) throw new TypeError('not a listener of this engine');
    return listener.release();
  }

  /** Goes on accepting on a listening socket that was released, here or on another thread. */
  adopt(handle: NetServerHandle, accept: Accept): Listener {
    return this.#adopt(handle, (socket, onGone, port) => this.#accept(socket, accept, onGone, port));
  }

  /** The same for a listening socket that accepts for other threads. */
  adoptAndPass(handle: NetServerHandle, pass: PassSocket): Listener {
    return this.#adopt(handle, (socket, onGone) => this.#pass(socket, pass, onGone));
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    const { tls } = options;
    if (tls !== undefined) return (tls.client as DiallingClient).dial(options, tls, handler, this.#host);
    const socketOptions = { allowHalfOpen: true, noDelay: true, writableHighWaterMark: NO_MARK };
    let socket: net.Socket;
    if (this.#isOnread) {
      socket = landingSocket(socketOptions, onRead, this.#host.buffers.nextLanding);
      this.#host.buffers.landNext(this.#host.buffers.scratch);
    } else {
      socket = new net.Socket(socketOptions);
    }
    const connection = this.#connect(socket, false, handler, null);
    connection.isUnix = 'path' in options;
    outliveFailedWrites(socket);
    socket.on('connect', onConnect);
    socket.connect('path' in options ? { path: options.path } : { host: options.host, port: options.port });
    return connection;
  }

  /** `data`: cleartext of TLS does not land in our buffers on this Node; see `tls-probe.ts`. */
  setTlsEngine(engine: NodeEngine): void {
    this.#host.landsTls = this.#isOnread && engine === 'onread';
  }

  secure(
    connection: AcceptedConnection,
    held: Buffer | null,
    profile: TlsProfile,
    handler: HandshakeHandler,
  ): TlsHandshake {
    const { facts, localPort, isUnix } = connection as OnreadConnection | DataConnection;
    const socket = (connection as OnreadConnection | DataConnection).giveAway();
    const given = { facts, localPort, isUnix, handler, host: this.#host };
    try {
      return (profile as SecuringProfile).secure(socket, held, given);
    } catch (error) {
      // Nobody has it any more.
      socket.destroy();
      throw error;
    }
  }

  async #listen(options: TcpListenOptions, take: TakeSocket): Promise<Listener> {
    const server = this.#createServer(!canInheritNoDelay);
    const { host, port, reusePort, backlog = BACKLOG } = options;
    server.listen({ host, port, reusePort, backlog });
    await once(server, 'listening');
    if (canInheritNoDelay) inheritNoDelay(server);
    return new NodeListener(server, backlog, take, this.guard);
  }

  async #listenUnix({ path, backlog = BACKLOG }: UnixListenOptions, accept: Accept): Promise<Listener> {
    // Before it listens, so that nobody comes in between. Most processes have none.
    const { UnixListener } = await import('./unix-listener.ts');
    const server = this.#createServer(false);
    server.listen({ path, backlog });
    await once(server, 'listening');
    return new UnixListener(server, path, (socket, onGone) => this.#acceptUnix(socket, accept, onGone), this.guard);
  }

  #createServer(noDelay: boolean): net.Server {
    return net.createServer({
      pauseOnConnect: true,
      allowHalfOpen: true,
      noDelay,
      ...(this.#isOnread ? { highWaterMark: NO_MARK } : {}),
    });
  }

  #adopt(handle: NetServerHandle, take: TakeSocket): Listener {
    return new NodeListener(takeServer(handle), BACKLOG, take, this.guard);
  }

  #accept(socket: net.Socket, accept: Accept, onGone: (() => void) | null, localPort: number): void {
    const connection = this.#land(socket, onGone);
    connection.knownLocalPort = localPort;
    this.#begin(connection, accept);
  }

  #acceptUnix(socket: net.Socket, accept: Accept, onGone: () => void): void {
    const connection = this.#land(socket, onGone);
    connection.isUnix = true;
    this.#begin(connection, accept);
  }

  #land(socket: net.Socket, onGone: (() => void) | null): OnreadConnection | DataConnection {
    if (this.#isOnread) landReads(socket, this.#host.buffers.scratch.landing, onRead, this.#host.buffers.nextLanding);
    return this.#connect(socket, true, NOBODY, onGone);
  }

  #begin(connection: OnreadConnection | DataConnection, accept: Accept): void {
    this.clock.enter();
    try {
      connection.handler = accept(connection);
    } catch (error) {
      this.guard.report(error);
      connection.reset();
    }
    this.clock.leave();
    connection.begin();
  }

  #pass(socket: net.Socket, pass: PassSocket, onGone: () => void): void {
    socket.on('error', ignore);
    socket.on('close', onGone);
    try {
      pass(socket);
    } catch (error) {
      this.guard.report(error);
      socket.resetAndDestroy();
    }
  }

  #connect(
    socket: net.Socket,
    isConnected: boolean,
    handler: ConnectionHandler,
    onGone: (() => void) | null,
  ): OnreadConnection | DataConnection {
    const Kind = this.#isOnread ? OnreadConnection : DataConnection;
    const connection = new Kind(socket, isConnected, handler, this.#host, onGone);
    tie(socket, connection);
    if (connection instanceof DataConnection) tieData(socket);
    return connection;
  }
}

/** The socket was passed on, or is being reset. */
function ignore(): void {}
