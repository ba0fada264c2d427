/** Passes accepted sockets to the worker with the fewest connections; keeps those that no worker is there for. */
import type { Socket } from 'node:net';
import type { ListenerSpec } from '../../core/snapshot.ts';
import type { NetServerHandle } from '../../net/node/listener.ts';
import type { ServerSockets } from '../../net/node/server-sockets.ts';
import type { Listener } from '../../net/transport.ts';
import { afterBacklog } from '../shared/after-turns.ts';
import { MOST_GREETINGS, ROOM_SHARE } from '../shared/connection-gate.ts';
import type { ConnectionGate } from '../shared/connection-gate.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import type { ThreadTable } from '../shared/thread-table.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface SocketPasserOptions {
  /** The control plane's own transport. */
  readonly transport: ServerSockets;
  readonly gate: ConnectionGate;
  readonly table: ThreadTable;
  /** The threads that sockets may be passed to. */
  serving(): Iterable<WorkerHandle>;
}

interface Waiting {
  readonly of: PassedListener;
  readonly socket: Socket;
}

/** A listener that the control plane accepts for. */
export interface PassedListener {
  key: ListenerKey;
  spec: Pick<ListenerSpec, 'tls'>;
  readonly sockets: Listener[];
}

export class SocketPasser {
  readonly #options: SocketPasserOptions;
  /** Between the death of the last worker and its replacement. */
  #waiting: Waiting[] = [];
  #accepted = 0;
  #isCrowded = false;

  constructor(options: SocketPasserOptions) {
    this.#options = options;
  }

  /** Begins to accept on a socket at rest. */
  accept(handle: NetServerHandle, of: PassedListener): void {
    const { transport, gate } = this.#options;
    const listener = transport.adoptAndPass(handle, (socket) => {
      this.#accepted++;
      this.#waiting.push({ of, socket });
      this.passWaiting();
      this.check();
    });
    gate.add(listener, of.spec.tls !== null);
    of.sockets.push(listener);
  }

  /** Its settings have changed. */
  update({ spec, sockets }: PassedListener): void {
    for (const listener of sockets) this.#options.gate.add(listener, spec.tls !== null);
  }

  /** To be called now and then as well: there may be room again. */
  check(): void {
    const { gate } = this.#options;
    // To rest and to go on takes its time: not for each client.
    this.#isCrowded = this.#hasGreetings(this.#isCrowded ? MOST_GREETINGS * ROOM_SHARE : MOST_GREETINGS);
    gate.crowd(this.#isCrowded);
    gate.check();
  }

  /** The thread that is passed the next socket may have room while another has none; but that one has more of the others. */
  #hasGreetings(least: number): boolean {
    const { table } = this.#options;
    for (const worker of this.#options.serving()) {
      if (table.greetingsAndPassed(worker.slot, worker.passed) >= least) return true;
    }
    return false;
  }

  /** Resolves when who waits in the backlog has been accepted. */
  passBacklog(): Promise<void> {
    return new Promise((resolve) => afterBacklog(() => this.#accepted, resolve));
  }

  /** Stops accepting without closing. */
  rest(of: PassedListener): NetServerHandle[] {
    return of.sockets.splice(0).map((listener) => {
      this.#options.gate.delete(listener);
      return this.#options.transport.release(listener);
    });
  }

  close(of: PassedListener): void {
    for (const listener of of.sockets.splice(0)) {
      this.#options.gate.delete(listener);
      void listener.close();
    }
    for (const { socket } of this.#waiting.filter((waiting) => waiting.of === of)) socket.destroy();
    this.#waiting = this.#waiting.filter((waiting) => waiting.of !== of);
  }

  /** Passes accepted sockets on, as long as a worker is there to take them. */
  passWaiting(): void {
    for (let worker = this.#leastLoaded(); worker !== null; worker = this.#leastLoaded()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      worker.pass({ type: 'connection', listener: next.of.key, socket: next.socket });
    }
  }

  /** Connections a thread has, and those on their way to it. */
  #leastLoaded(): WorkerHandle | null {
    const { table } = this.#options;
    let best: WorkerHandle | null = null;
    let least = Infinity;
    for (const worker of this.#options.serving()) {
      const load = table.connectionsAndPassed(worker.slot, worker.passed);
      if (load >= least) continue;
      least = load;
      best = worker;
    }
    return best;
  }
}
