/** A {@link Transport} without sockets: whose turn it is, and how a read or a write goes, is drawn from a seed. */
import type { Clock } from '../../../src/core/clock.ts';
import { NOBODY } from '../../../src/net/nobody.ts';
import type { TlsHandshake } from '../../../src/net/tls.ts';
import type { Connection, ConnectionHandler, DialOptions, Listener, Transport } from '../../../src/net/transport.ts';
import { Chance } from '../chance.ts';
import { InMemoryConnection } from './in-memory-connection.ts';
import type { Remote } from './in-memory-connection.ts';
import { ReadBuffers } from './read-buffers.ts';

/** Probabilities that a write blocks; one is drawn for each connection. */
const BLOCK_CHANCES = [0, 0, 0, 0.3, 1] as const;

export class StandingClock implements Clock {
  #now = 1_000_000;

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}

export class InMemoryTransport implements Transport {
  readonly name = 'memory';
  readonly buffers = new ReadBuffers();
  readonly onFault: (error: unknown) => void;
  chance = new Chance(1);
  /** Makes the peer of a connection that is dialled; it is told its connection before anything else. */
  onDial: (port: number) => Remote & { connection: InMemoryConnection | null } = () => {
    throw new Error('nobody to dial');
  };
  readonly #connections: InMemoryConnection[] = [];

  constructor(onFault: (error: unknown) => void) {
    this.onFault = onFault;
  }

  get connectionCount(): number {
    return this.#connections.length;
  }

  listen(): Promise<Listener> {
    return Promise.reject(new Error('the transport in memory is connected to by `connect`'));
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    if ('path' in options) throw new Error('there are no unix sockets in memory');
    const remote = this.onDial(options.port);
    const connection = this.#open(remote, handler, options.host, false);
    remote.connection = connection;
    return connection;
  }

  secure(): TlsHandshake {
    throw new Error('there is no TLS in memory');
  }

  /** A client connects. */
  connect(remote: Remote, address: string, accept: (connection: Connection) => ConnectionHandler): InMemoryConnection {
    const connection = this.#open(remote, NOBODY, address, true);
    connection.handler = accept(connection);
    return connection;
  }

  #open(remote: Remote, handler: ConnectionHandler, address: string, isConnected: boolean): InMemoryConnection {
    const blocks = this.chance.pick(BLOCK_CHANCES);
    const connection = new InMemoryConnection(this, remote, handler, address, isConnected, blocks);
    this.#connections.push(connection);
    return connection;
  }

  gone(connection: InMemoryConnection): void {
    this.#gone.push(connection);
  }
  readonly #gone: InMemoryConnection[] = [];

  /** One turn of one connection; false when none has anything to do. */
  step(): boolean {
    const connections = this.#connections;
    const count = connections.length;
    const first = count < 2 ? 0 : this.chance.below(count);
    for (let index = 0; index < count; index++) {
      const connection = connections[(first + index) % count];
      if (!connection.hasWork) continue;
      connection.step();
      return true;
    }
    this.#sweep();
    return false;
  }

  /** Forgets what is closed and has told its peer. */
  #sweep(): void {
    for (const connection of this.#gone) this.#connections.splice(this.#connections.indexOf(connection), 1);
    this.#gone.length = 0;
  }
}
