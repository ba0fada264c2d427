/** A transport without sockets: connects to objects in this thread, and delivers what is sent in its order. */
import { Guard } from '../net/guard.ts';
import { loopClockOf } from '../net/loop-clock.ts';
import type { LoopClock } from '../net/loop-clock.ts';
import type { Clock } from '../core/clock.ts';
import { UNIX_PEER } from '../core/unix-address.ts';
import type { TlsHandshake } from '../net/tls.ts';
import type { Connection, ConnectionHandler, DialOptions, Listener, Transport } from '../net/transport.ts';
import { NOBODY } from '../net/nobody.ts';
import { MemoryConnection } from './memory-connection.ts';
import type { Deliveries, MemoryPeer } from './memory-connection.ts';

/** Says what becomes of a connect. It calls one of the connection's `connected`, `refused` now or later, or neither. */
export type TakeConnect = (options: DialOptions, open: (peer: MemoryPeer) => MemoryConnection) => void;

export interface MemoryTransportOptions {
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
  readonly onDial: TakeConnect;
}

/** Any port will do: nothing looks at it. */
const CLIENT_PORT = 50_000;

export class MemoryTransport implements Transport, Deliveries {
  readonly name = 'memory';
  readonly clock: LoopClock;
  readonly #guard: Guard;
  readonly #onDial: TakeConnect;
  readonly #open = new Set<MemoryConnection>();
  #due: (() => void)[] = [];
  #isCut = false;

  constructor({ clock, onFault, onDial }: MemoryTransportOptions) {
    this.clock = loopClockOf(clock);
    this.#guard = new Guard(onFault);
    this.#onDial = onDial;
  }

  /** Connections that are open, of clients and of endpoints. */
  get openCount(): number {
    return this.#open.size;
  }

  listen(): Promise<Listener> {
    return Promise.reject(new Error('a transport in memory is connected to by `connect`'));
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    const [host, port] = 'path' in options ? [UNIX_PEER, 0] : [options.host, options.port];
    const ends = { remoteAddress: host, remotePort: port, localPort: CLIENT_PORT };
    const made: { connection: MemoryConnection | null } = { connection: null };
    this.#onDial(options, (peer) => (made.connection = this.#add(new MemoryConnection(this, peer, handler, ends))));
    if (made.connection === null) throw new Error(`nobody takes connects to ${JSON.stringify(options)}`);
    return made.connection;
  }

  secure(): TlsHandshake {
    throw new Error('there is no TLS in memory');
  }

  /** A client connects. */
  connect(
    peer: MemoryPeer,
    ends: { readonly clientAddress: string; readonly listenerPort: number },
    accept: (connection: MemoryConnection) => ConnectionHandler,
  ): MemoryConnection {
    const { clientAddress, listenerPort } = ends;
    const own = { remoteAddress: clientAddress, remotePort: CLIENT_PORT, localPort: listenerPort };
    const connection = this.#add(new MemoryConnection(this, peer, NOBODY, own));
    connection.handler = accept(connection);
    return connection;
  }

  /** Delivers what is on its way, and what that leads to. False where there was nothing. */
  deliver(): boolean {
    if (this.#due.length === 0) return false;
    while (this.#due.length > 0) {
      const due = this.#due;
      this.#due = [];
      for (const deliver of due) deliver();
    }
    return true;
  }

  later(deliver: () => void): void {
    if (!this.#isCut) this.#due.push(deliver);
  }

  /** Its thread is gone: the other ends see their connections reset, and nobody here hears of anything. */
  cut(): void {
    this.#isCut = true;
    this.#due = [];
    for (const connection of [...this.#open]) connection.cut();
    this.#open.clear();
  }

  guarded(connection: MemoryConnection, enter: () => void): void {
    this.clock.enter();
    try {
      enter();
    } catch (error) {
      if (!this.#guard.caught(error, connection.handler)) connection.reset();
    }
    this.clock.leave();
  }

  closed(connection: MemoryConnection): void {
    this.#open.delete(connection);
  }

  #add(connection: MemoryConnection): MemoryConnection {
    this.#open.add(connection);
    return connection;
  }
}
