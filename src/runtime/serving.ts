/**
 * One data plane and its listening sockets, at the command of the control plane: the same code in a worker thread
 * and, with `threads: 0`, in the caller's.
 *
 * | state    | release                  | drain                      | stop    | exception nobody caught       |
 * | -------- | ------------------------ | -------------------------- | ------- | ----------------------------- |
 * | serving  | sockets given, → draining | sockets closed, → draining | stopped | `failed`, then as `release`   |
 * | draining | nothing to leave         | nothing left to close      | stopped | counted                       |
 * | stopped  | –                        | –                          | –       | –                             |
 *
 * `idle` is said in draining whenever no client connection is left.
 */
import type { Transferable } from 'node:worker_threads';
import type { ListenerSpec } from '../core/snapshot.ts';
import type { Connection, ConnectionHandler, Listener } from '../net/transport.ts';
import type { NodeTransport } from '../net/node/transport.ts';
import { ConnectionGate } from './connection-gate.ts';
import type { DataPlane } from './data-plane-api.ts';
import { keyOf } from './listener-key.ts';
import type { ListenerKey } from './listener-key.ts';
import type { FromWorker, RestingListener, TestFault, ToWorker } from './messages.ts';
import type { ThreadTable } from './thread-table.ts';

type Accept = (connection: Connection) => ConnectionHandler;

export interface ServingOptions {
  readonly worker: number;
  readonly threads: ThreadTable;
  readonly transport: NodeTransport;
  readonly plane: DataPlane;
  post(message: FromWorker, transfer: readonly Transferable[]): void;
  /** Null: faults cannot be asked for. */
  readonly breakDown: ((fault: TestFault) => void) | null;
}

interface OpenListener {
  readonly spec: ListenerSpec;
  /** None where another thread accepts; several after an inheritance from a neighbour. */
  readonly sockets: readonly Listener[];
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #plane: DataPlane;
  readonly #gate: ConnectionGate;
  readonly #listeners = new Map<ListenerKey, OpenListener>();
  /** What a new connection of a listener is given to; changes with the listener's settings. */
  readonly #accepts = new Map<ListenerKey, Accept>();
  #state: 'serving' | 'draining' | 'stopped' = 'serving';
  #hasLetGo = false;
  /** Sockets that have been passed to this thread. */
  #received = 0;

  constructor(options: ServingOptions) {
    this.#options = options;
    this.#plane = options.plane;
    this.#gate = new ConnectionGate(options.threads, (connections) => this.#post({ type: 'at-limit', connections }));
    this.#plane.onIdle = () => this.#sayIdle();
  }

  handle(message: ToWorker): void {
    if (this.#state === 'stopped') return;
    switch (message.type) {
      case 'apply':
        this.#gate.max = message.snapshot.maxConnections;
        this.#plane.apply(message.snapshot, message.operations);
        this.#post({ type: 'applied', version: message.snapshot.version });
        break;
      case 'listen':
        void this.#listen(message);
        break;
      case 'inherit':
        this.#inherit(message.sockets);
        break;
      case 'serve-passed':
        this.#open(message.listener, []);
        break;
      case 'connection':
        this.#received++;
        this.#options.transport.adoptSocket(message.socket, this.#acceptOf(message.listener));
        break;
      case 'update-listener':
        this.#update(message.listener);
        break;
      case 'close-listener':
        this.#close(keyOf(message));
        this.#post({ type: 'closed', listener: keyOf(message) });
        break;
      case 'release':
        this.#release();
        break;
      case 'drain':
        this.#drain();
        break;
      case 'stop':
        this.#stop();
        break;
      case 'test-fault':
        this.#options.breakDown?.(message.fault);
        break;
    }
  }

  /** An exception that nobody caught: this thread's state cannot be trusted, so it ends as soon as its clients allow. */
  fail(error: unknown): void {
    if (this.#state !== 'serving') {
      this.#plane.reportFault(error);
      return;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#post({ type: 'failed', message, stack: stack ?? '' });
    this.#release();
  }

  /** To be called every {@link BEAT_MS}. */
  beat(): void {
    this.#options.threads.beat(this.#options.worker);
    this.#publishLoad();
    this.#gate.check();
  }

  #publishLoad(): void {
    const { threads, worker } = this.#options;
    threads.setLoad(worker, this.#plane.connections, this.#plane.exchanges, this.#received);
  }

  #post(message: FromWorker): void {
    this.#options.post(message, []);
  }

  // ——— listening sockets

  async #listen({ listener, host, port, reusePort }: Extract<ToWorker, { type: 'listen' }>): Promise<void> {
    const key = keyOf(listener);
    this.#accepts.set(key, this.#plane.accept(listener));
    try {
      const socket = await this.#options.transport.listen({ host, port, reusePort }, this.#acceptOf(key));
      this.#open(listener, [socket]);
      this.#post({ type: 'listening', listener: key, port: socket.port });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      this.#post({ type: 'listen-failed', listener: key, code, message: String(error) });
    }
  }

  #inherit(sockets: readonly RestingListener[]): void {
    for (const { listener, handle } of sockets) {
      this.#open(listener, [this.#options.transport.adopt(handle, this.#acceptOf(keyOf(listener)))]);
    }
    this.#post({ type: 'inherited' });
  }

  #open(spec: ListenerSpec, sockets: readonly Listener[]): void {
    const key = keyOf(spec);
    const before = this.#listeners.get(key)?.sockets ?? [];
    this.#listeners.set(key, { spec, sockets: [...before, ...sockets] });
    this.#accepts.set(key, this.#plane.accept(spec));
    for (const socket of sockets) this.#gate.add(socket);
    // The control plane may have asked for the end while a socket was on its way.
    if (this.#hasLetGo) this.#close(key);
  }

  #update(spec: ListenerSpec): void {
    const key = keyOf(spec);
    if (this.#listeners.has(key)) this.#open(spec, []);
  }

  #close(key: ListenerKey): void {
    const open = this.#listeners.get(key);
    if (open === undefined) return;
    this.#listeners.delete(key);
    for (const socket of open.sockets) {
      this.#gate.delete(socket);
      void socket.close();
    }
  }

  #closeAll(): void {
    for (const key of [...this.#listeners.keys()]) this.#close(key);
  }

  #acceptOf(key: ListenerKey): Accept {
    return (connection) => {
      const accept = this.#accepts.get(key);
      if (accept === undefined) throw new Error(`no listener "${key}"`);
      const handler = accept(connection);
      this.#publishLoad();
      this.#gate.check();
      return handler;
    };
  }

  // ——— the end

  #release(): void {
    const sockets: RestingListener[] = [];
    for (const open of this.#listeners.values()) {
      for (const socket of open.sockets) {
        this.#gate.delete(socket);
        sockets.push({ listener: open.spec, handle: this.#options.transport.release(socket) });
      }
    }
    this.#listeners.clear();
    this.#options.post(
      { type: 'released', sockets },
      sockets.map(({ handle }) => handle),
    );
    this.#beginDrain();
    this.#letGo();
  }

  /** What the kernel has accepted for us is served: a listening socket closes only after a turn of the loop. */
  #drain(): void {
    this.#beginDrain();
    afterTurns(2, () => this.#letGo());
  }

  #beginDrain(): void {
    if (this.#state === 'serving') this.#state = 'draining';
    this.#plane.beginDrain();
  }

  #letGo(): void {
    this.#closeAll();
    this.#hasLetGo = true;
    if (this.#plane.connections === 0) this.#sayIdle();
  }

  #sayIdle(): void {
    this.#publishLoad();
    if (this.#state === 'draining' && this.#hasLetGo) this.#post({ type: 'idle', received: this.#received });
  }

  #stop(): void {
    this.#state = 'stopped';
    this.#closeAll();
    this.#plane.destroy();
    // A socket that was reset says so in the next turn of the loop: then nothing is counted any more.
    afterTurns(2, () => {
      this.#publishLoad();
      this.#post({ type: 'stopped' });
    });
  }
}

/** Runs `task` when the loop has gone round so many times. */
function afterTurns(turns: number, task: () => void): void {
  if (turns === 0) task();
  else setImmediate(afterTurns, turns - 1, task);
}
