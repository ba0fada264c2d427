/**
 * Connections over streams of Node. Reads land in buffers of ours (`onread`), or, where this Node does not allow that,
 * come as `'data'` events (`data`): the same behaviour, at about twice the cost for large bodies.
 */
import net from 'node:net';
import { NOBODY } from '../nobody.ts';
import type { ConnectionHandler, DialOptions } from '../transport.ts';
import type { Accepted, ConnectionEngine } from './connection-engine.ts';
import type { ConnectionHost } from './connection-host.ts';
import { DataConnection } from './data-connection.ts';
import { hearSockets } from './listener.ts';
import { NO_MARK } from './node-internals.ts';
import { canLandReads, landReads, landingSocket } from './stream-internals.ts';
import { OnreadConnection } from './onread-connection.ts';
import { onConnect, onRead, outliveFailedWrites, tie, tieData } from './socket-events.ts';

export class StreamEngine implements ConnectionEngine {
  readonly name: 'onread' | 'data';
  readonly #host: ConnectionHost;

  constructor(wanted: 'onread' | 'data', host: ConnectionHost) {
    this.name = canLandReads() ? wanted : 'data';
    this.#host = host;
  }

  hear(server: net.Server, take: (accepted: Accepted) => void): void {
    hearSockets(server, take);
  }

  drop(accepted: Accepted): void {
    (accepted as net.Socket).destroy();
  }

  accept(accepted: Accepted, onGone: (() => void) | null): OnreadConnection | DataConnection {
    const socket = accepted as net.Socket;
    const { scratch, nextLanding } = this.#host.buffers;
    if (this.name === 'onread') landReads(socket, scratch.landing, onRead, nextLanding);
    return this.#connect(socket, true, NOBODY, onGone);
  }

  adopt(socket: net.Socket): OnreadConnection | DataConnection {
    return this.accept(socket, null);
  }

  dial(options: DialOptions, handler: ConnectionHandler): OnreadConnection | DataConnection {
    const socketOptions = { allowHalfOpen: true, noDelay: true, writableHighWaterMark: NO_MARK };
    let socket: net.Socket;
    if (this.name === 'onread') {
      socket = landingSocket(socketOptions, onRead, this.#host.buffers.nextLanding);
      this.#host.buffers.landNext(this.#host.buffers.scratch);
    } else {
      socket = new net.Socket(socketOptions);
    }
    const connection = this.#connect(socket, false, handler, null);
    outliveFailedWrites(socket);
    socket.on('connect', onConnect);
    socket.connect('path' in options ? { path: options.path } : { host: options.host, port: options.port });
    return connection;
  }

  #connect(
    socket: net.Socket,
    isConnected: boolean,
    handler: ConnectionHandler,
    onGone: (() => void) | null,
  ): OnreadConnection | DataConnection {
    const Kind = this.name === 'onread' ? OnreadConnection : DataConnection;
    const connection = new Kind(socket, isConnected, handler, this.#host, onGone);
    tie(socket, connection);
    if (connection instanceof DataConnection) tieData(socket);
    return connection;
  }
}
