/**
 * The transport over `node:net`, for each of its engines: connections stand on Node's handles, or, where this Node does
 * not allow that, on its streams: the same behaviour, at up to twice the cost.
 */
import { once } from 'node:events';
import type net from 'node:net';
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
  Transport,
  UnixListenOptions,
} from '../transport.ts';
import type { TlsHandshake, TlsProfile } from '../tls.ts';
import { NodeConnection } from './connection.ts';
import type { Accepted, ConnectionEngine, CreateEngine, NodeEngine } from './connection-engine.ts';
import type { ConnectionHost } from './connection-host.ts';
import { BACKLOG } from './listener.ts';
import type { Hear, NetServerHandle, Take } from './listener.ts';
import { MAX_OWN_BUFFERS, ReadBuffers } from './read-buffers.ts';
import { LoopTurnCount } from './loop-turn-count.ts';
import { ServerSockets } from './server-sockets.ts';
import { SocketTable } from './socket-table.ts';
import type { DiallingClient, SecuringProfile } from './tls-engine.ts';

export type { NodeEngine } from './connection-engine.ts';

export interface NodeTransportOptions {
  /** Called with what the guard caught. */
  readonly onFault: FaultReporter;
  /** The thread's {@link LoopClock}: every event of a connection is an entry of it. Default: one of the transport's own. */
  readonly clock?: Clock;
  /** See {@link loadEngine}. */
  readonly createEngine: CreateEngine;
  /** Connections that may have a read buffer of their own (130 KiB) at a time. Default {@link MAX_OWN_BUFFERS}. */
  readonly maxOwnBuffers?: number;
}

/** Returns the handler of an accepted connection. */
export type Accept = (connection: AcceptedConnection) => ConnectionHandler;

export class NodeTransport extends ServerSockets implements Transport {
  readonly name: string;
  /** The time as of the event that is being handled. */
  readonly clock: LoopClock;
  readonly #host: ConnectionHost;
  readonly #engine: ConnectionEngine;

  constructor({ onFault, clock = systemClock, createEngine, maxOwnBuffers = MAX_OWN_BUFFERS }: NodeTransportOptions) {
    const host = {
      guard: new Guard(onFault),
      clock: loopClockOf(clock),
      buffers: new ReadBuffers(maxOwnBuffers),
      sockets: new SocketTable(),
      turns: new LoopTurnCount(),
      landsTls: true,
    };
    const engine = createEngine(host);
    super(host.guard, engine.name === 'data');
    this.clock = host.clock;
    this.#host = host;
    this.#engine = engine;
    this.name = `node:net (${engine.name})`;
    this.setTlsEngine('onread');
  }

  listen(options: ListenOptions, accept: Accept): Promise<Listener> {
    if ('path' in options) return this.#listenUnix(options, accept);
    return this.listenBy(options, this.#hear, this.#takeFor(accept));
  }

  /** Makes a connection of a socket that another thread has accepted and passed. */
  adoptSocket(socket: net.Socket, accept: Accept): void {
    this.#begin(this.#engine.adopt(socket), accept);
  }

  /** Goes on accepting on a listening socket that was released, here or on another thread. */
  adopt(handle: NetServerHandle, accept: Accept): Listener {
    return this.adoptBy(handle, this.#hear, this.#takeFor(accept));
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    const { tls } = options;
    if (tls !== undefined) return (tls.client as DiallingClient).dial(options, tls, handler, this.#host);
    const connection = this.#engine.dial(options, handler);
    connection.isUnix = 'path' in options;
    return connection;
  }

  /** `data`: cleartext of TLS does not land in our buffers on this Node; see `tls-probe.ts`. */
  setTlsEngine(engine: NodeEngine): void {
    this.#host.landsTls = this.#engine.name !== 'data' && engine !== 'data';
  }

  secure(
    connection: AcceptedConnection,
    held: Buffer | null,
    profile: TlsProfile,
    handler: HandshakeHandler,
  ): TlsHandshake {
    if (!(connection instanceof NodeConnection)) throw new TypeError('not a connection of this engine');
    const { facts, localPort, isUnix } = connection;
    const socket = connection.giveAway((profile as SecuringProfile).tie);
    const given = { facts, localPort, isUnix, handler, host: this.#host };
    try {
      return (profile as SecuringProfile).secure(socket, held, given);
    } catch (error) {
      // Nobody has it any more.
      socket.destroy();
      throw error;
    }
  }

  async #listenUnix({ path, backlog = BACKLOG }: UnixListenOptions, accept: Accept): Promise<Listener> {
    // Before it listens, so that nobody comes in between. Most processes have none.
    const { UnixListener } = await import('./unix-listener.ts');
    const server = this.createServer(false);
    server.listen({ path, backlog });
    await once(server, 'listening');
    const take = (accepted: Accepted, onGone: () => void): void => this.#acceptUnix(accepted, accept, onGone);
    return new UnixListener(server, path, this.#engine, take, this.guard);
  }

  readonly #hear: Hear = (server, take) => this.#engine.hear(server, take);

  #takeFor(accept: Accept): Take {
    return (accepted, onGone, localPort) => {
      const connection = this.#engine.accept(accepted, onGone);
      connection.knownLocalPort = localPort;
      this.#begin(connection, accept);
    };
  }

  #acceptUnix(accepted: Accepted, accept: Accept, onGone: () => void): void {
    const connection = this.#engine.accept(accepted, onGone);
    connection.isUnix = true;
    this.#begin(connection, accept);
  }

  #begin(connection: NodeConnection, accept: Accept): void {
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
}
