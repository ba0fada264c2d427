/** Connections without streams: see `handle-socket.ts`. */
import type net from 'node:net';
import { NOBODY } from '../nobody.ts';
import type { ConnectionHandler, DialOptions } from '../transport.ts';
import type { Accepted, ConnectionEngine } from './connection-engine.ts';
import type { ConnectionHost } from './connection-host.ts';
import { HandleConnection } from './handle-connection.ts';
import { CONNECTION, takeHandle, takeHandles } from './handle-internals.ts';
import type { HandleParts, SocketHandle } from './handle-types.ts';
import { HandleSocket } from './handle-socket.ts';
import { canInheritNoDelay } from './node-internals.ts';

export class HandleEngine implements ConnectionEngine {
  readonly name = 'handle';
  readonly #parts: HandleParts;
  readonly #host: ConnectionHost;

  constructor(parts: HandleParts, host: ConnectionHost) {
    this.#parts = parts;
    this.#host = host;
  }

  hear(server: net.Server, take: (accepted: Accepted) => void): void {
    takeHandles(server, take);
  }

  drop(accepted: Accepted): void {
    (accepted as SocketHandle).close(ignore);
  }

  accept(accepted: Accepted, onGone: (() => void) | null): HandleConnection {
    const handle = accepted as SocketHandle;
    if (!canInheritNoDelay) handle.setNoDelay?.(true);
    return new HandleConnection(this.#socketOver(handle, false), true, NOBODY, this.#host, onGone);
  }

  adopt(socket: net.Socket): HandleConnection {
    return this.accept(takeHandle(socket), null);
  }

  dial(options: DialOptions, handler: ConnectionHandler): HandleConnection {
    const { tcp, unix } = this.#parts;
    const handle = new ('path' in options ? unix : tcp).Handle(CONNECTION);
    const socket = this.#socketOver(handle, true);
    const connection = new HandleConnection(socket, false, handler, this.#host, null);
    socket.connect(options);
    return connection;
  }

  #socketOver(handle: SocketHandle, outlivesWrites: boolean): HandleSocket {
    const { scratch, nextLanding } = this.#host.buffers;
    return new HandleSocket(handle, scratch.landing, nextLanding, outlivesWrites);
  }
}

function ignore(): void {}
