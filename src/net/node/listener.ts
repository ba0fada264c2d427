/**
 * A listening socket, and the one way to stop accepting without closing it.
 *
 * Node has no call for that, but it can transfer a `net.Server` through a `MessagePort`, and while the server lies
 * there unread its socket belongs to nobody's event loop: connections queue in the backlog (seen on 24.21 and 26.10:
 * 900 of 900 were served later, at no CPU time meanwhile), also after the port itself went to another thread, and after
 * the thread that sent it was terminated. What arrives: address, what is set on the socket itself (TCP_NODELAY),
 * `allowHalfOpen`, `pauseOnConnect` and `highWaterMark`; no event listener, no `maxConnections`, and Node's default
 * backlog. It accepts from the next turn of the loop on, so listeners set in the same tick miss nothing.
 */
import net from 'node:net';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Guard } from '../guard.ts';
import type { Listener } from '../transport.ts';
import type { Accepted } from './connection-engine.ts';
import { restoreBacklog } from './node-internals.ts';
import { SpareDescriptor } from './spare-descriptor.ts';

/** Connections that may wait to be accepted, where `ListenOptions` say nothing else; the kernel bounds it by somaxconn. */
export const BACKLOG = 4096;
/** How long accepting rests after it failed for want of descriptors. */
const ACCEPT_RETRY_MS = 100;

/**
 * A listening socket at rest, an opaque value: connections wait in its backlog until it is adopted. Hand it to another
 * thread as `port.postMessage({ handle }, [handle])`, over any number of threads, and never leave it to the garbage
 * collector, which closes it.
 */
export type NetServerHandle = MessagePort;

/** How what a server accepts is heard of: that of an engine, or its event. */
export type Hear<T = Accepted> = (server: net.Server, take: (accepted: T) => void) => void;

/** What happens to it; `onGone` is called when it has closed. `localPort`: where it connected to. */
export type Take<T = Accepted> = (accepted: T, onGone: () => void, localPort: number) => void;

/** Puts a listening server to rest. */
function restServer(server: net.Server): NetServerHandle {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(server, [server]);
  return port2;
}

/** By its event. */
export function hearSockets(server: net.Server, take: (socket: net.Socket) => void): void {
  server.on('connection', take);
}

/** Wakes a server that was put to rest. Throws where the handle has been taken already. */
export function takeServer(handle: NetServerHandle): net.Server {
  const received = receiveMessageOnPort(handle)?.message as unknown;
  handle.close();
  if (!(received instanceof net.Server)) throw new TypeError('no listening socket in this handle');
  return received;
}

export class NodeListener<T> implements Listener {
  readonly host: string;
  readonly port: number;
  readonly canMove = true;
  connectionCount = 0;
  readonly #backlog: number;
  readonly #hear: Hear<T>;
  readonly #take: Take<T>;
  readonly #guard: Guard;
  /** While accepting. */
  #server: net.Server | null = null;
  /** While accepting is paused. */
  #resting: NetServerHandle | null = null;
  #retry: NodeJS.Timeout | null = null;
  readonly #spare = new SpareDescriptor();

  readonly #onAccepted = (accepted: T): void => {
    this.connectionCount += 1;
    this.#take(accepted, this.#onGone, this.port);
  };

  readonly #onGone = (): void => {
    this.connectionCount -= 1;
  };

  /**
   * At the descriptor limit libuv accepts and closes what waits, and Node hears nothing of it (pause accepting before
   * that). Only if it lacks the spare descriptor for this, the error comes here, with every turn of the loop.
   */
  readonly #onError = (error: Error): void => {
    this.#guard.report(error);
    if (this.#server === null) return;
    this.pauseAccepting();
    this.#retry = setTimeout(() => this.resumeAccepting(), ACCEPT_RETRY_MS).unref();
  };

  /** Takes over a server that listens and has accepted nothing yet. */
  constructor(server: net.Server, backlog: number, hear: Hear<T>, take: Take<T>, guard: Guard) {
    const address = server.address() as net.AddressInfo;
    this.host = address.address;
    this.port = address.port;
    this.#backlog = backlog;
    this.#hear = hear;
    this.#take = take;
    this.#guard = guard;
    this.#accept(server);
  }

  /**
   * Connections wait in the backlog; see the head of this file. Costs two transfers of the server, some 100 µs. If no
   * descriptor is left for the transfer, it goes on accepting and reports that.
   */
  pauseAccepting(): void {
    this.#cancelRetry();
    if (this.#server === null) return;
    if (!this.#spare.spend()) {
      this.#guard.report(new Error('no descriptor left to pause accepting with'));
      return;
    }
    this.#resting = restServer(this.#letGo(this.#server));
    this.#spare.renew();
  }

  resumeAccepting(): void {
    this.#cancelRetry();
    if (this.#resting === null) return;
    const server = takeServer(this.#resting);
    this.#resting = null;
    this.#accept(server);
  }

  release(): NetServerHandle {
    this.pauseAccepting();
    const handle = this.#resting;
    if (handle === null) throw new Error('the listener is closed, or cannot be released for want of a descriptor');
    this.#resting = null;
    this.#spare.close();
    return handle;
  }

  close(): Promise<void> {
    this.#cancelRetry();
    if (this.#resting !== null) takeServer(this.#resting).close();
    else if (this.#server !== null) this.#letGo(this.#server).close();
    this.#resting = null;
    this.#spare.close();
    return Promise.resolve();
  }

  #accept(server: net.Server): void {
    this.#server = server;
    restoreBacklog(server, this.#backlog);
    this.#hear(server, this.#onAccepted);
    server.on('error', this.#onError);
  }

  #letGo(server: net.Server): net.Server {
    this.#server = null;
    server.removeListener('connection', this.#onAccepted);
    return server;
  }

  #cancelRetry(): void {
    if (this.#retry === null) return;
    clearTimeout(this.#retry);
    this.#retry = null;
  }
}
