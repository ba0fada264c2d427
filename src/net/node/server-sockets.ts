/** Listening sockets, whatever becomes of what they accept, and their way from thread to thread. */
import { once } from 'node:events';
import net from 'node:net';
import type { Guard } from '../guard.ts';
import type { Listener, TcpListenOptions } from '../transport.ts';
import { BACKLOG, NodeListener, hearSockets, takeServer } from './listener.ts';
import type { Hear, NetServerHandle, Take } from './listener.ts';
import { NO_MARK, canInheritNoDelay, inheritNoDelay } from './node-internals.ts';

/** Posts an accepted socket to another thread. */
export type PassSocket = (socket: net.Socket) => void;

export class ServerSockets {
  /** The guard around every event; for the thread's other entries, too. */
  readonly guard: Guard;
  /** Accepted sockets push what they read into their streams, which then hold it back. */
  readonly #isPushing: boolean;

  constructor(guard: Guard, isPushing = false) {
    this.guard = guard;
    this.#isPushing = isPushing;
  }

  /**
   * Listens for other threads: each accepted socket, which has not read yet (one that has cannot be transferred), is
   * given to `pass`, to be posted as `port.postMessage({ socket }, [socket])` and adopted there.
   */
  listenAndPass(options: TcpListenOptions, pass: PassSocket): Promise<Listener> {
    return this.listenBy(options, hearSockets, (socket, onGone) => this.#pass(socket, pass, onGone));
  }

  /**
   * Takes the listening socket out of a listener of this kind, to be handed to another thread; open connections stay
   * here. See {@link NetServerHandle}.
   */
  release(listener: Listener): NetServerHandle {
    if (!(listener instanceof NodeListener)) throw new TypeError('not a listener of this engine');
    return listener.release();
  }

  /** Goes on accepting for other threads on a listening socket that was released, here or on another thread. */
  adoptAndPass(handle: NetServerHandle, pass: PassSocket): Listener {
    return this.adoptBy(handle, hearSockets, (socket, onGone) => this.#pass(socket, pass, onGone));
  }

  protected async listenBy<T>(options: TcpListenOptions, hear: Hear<T>, take: Take<T>): Promise<Listener> {
    const server = this.createServer(!canInheritNoDelay);
    const { host, port, reusePort, backlog = BACKLOG } = options;
    server.listen({ host, port, reusePort, backlog });
    await once(server, 'listening');
    if (canInheritNoDelay) inheritNoDelay(server);
    return new NodeListener(server, backlog, hear, take, this.guard);
  }

  protected adoptBy<T>(handle: NetServerHandle, hear: Hear<T>, take: Take<T>): Listener {
    return new NodeListener(takeServer(handle), BACKLOG, hear, take, this.guard);
  }

  protected createServer(noDelay: boolean): net.Server {
    return net.createServer({
      pauseOnConnect: true,
      allowHalfOpen: true,
      noDelay,
      ...(this.#isPushing ? {} : { highWaterMark: NO_MARK }),
    });
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
}

/** The socket was passed on, or is being reset. */
function ignore(): void {}
