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
import type { Listener } from '../net/transport.ts';
import type { NodeTransport } from '../net/node/transport.ts';
import { afterTurns } from './after-turns.ts';
import { ConnectionGate } from './connection-gate.ts';
import type { DataPlane } from './data-plane-api.ts';
import { keyOf } from './listener-key.ts';
import type { ListenerKey } from './listener-key.ts';
import type { FromWorker, RestingListener, TestFault, ToWorker } from './messages.ts';
import { OpenListener } from './open-listener.ts';
import type { Accept } from './open-listener.ts';
import type { ThreadTable } from './thread-table.ts';

export interface ServingOptions {
  readonly worker: number;
  readonly threads: ThreadTable;
  readonly transport: NodeTransport;
  readonly plane: DataPlane;
  post(message: FromWorker, transfer: readonly Transferable[]): void;
  /** Null: faults cannot be asked for. */
  readonly breakDown: ((fault: TestFault) => void) | null;
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #plane: DataPlane;
  readonly #gate: ConnectionGate;
  readonly #listeners = new Map<ListenerKey, OpenListener>();
  /** Those that have left the config and may still accept for a turn of the loop. */
  readonly #closing = new Map<ListenerKey, OpenListener>();
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
        this.#post({ type: 'applied', version: message.snapshot.version, heldRoutes: this.#plane.heldRoutes() });
        break;
      case 'listen':
        void this.#listen(message);
        break;
      case 'inherit':
        this.#inherit(message.sockets);
        break;
      case 'serve-passed':
        this.#open(message.listener);
        break;
      case 'connection':
        this.#takePassed(message);
        break;
      case 'update-listener':
        this.#update(message.listener);
        break;
      case 'rename-listener':
        this.#rename(message.from, message.listener);
        break;
      case 'yield-sockets':
        this.#yield(message);
        break;
      case 'close-listener':
        this.#closeOne(keyOf(message));
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
    const open = this.#open(listener);
    try {
      const socket = await this.#options.transport.listen({ host, port, reusePort }, this.#acceptFor(open));
      this.#add(open, socket);
      this.#post({ type: 'listening', listener: key, port: socket.port });
    } catch (error) {
      if (open.sockets.length === 0) this.#listeners.delete(key);
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      this.#post({ type: 'listen-failed', listener: key, code, message: String(error) });
    }
  }

  #inherit(sockets: readonly RestingListener[]): void {
    for (const { listener, handle } of sockets) {
      const open = this.#open(listener);
      this.#add(open, this.#options.transport.adopt(handle, this.#acceptFor(open)));
    }
    this.#post({ type: 'inherited' });
  }

  /** The listener as it is now, known before or not. */
  #open(spec: ListenerSpec): OpenListener {
    const key = keyOf(spec);
    const open = this.#listeners.get(key) ?? new OpenListener(spec, this.#plane.accept(spec));
    this.#listeners.set(key, open);
    open.spec = spec;
    open.accept = this.#plane.accept(spec);
    return open;
  }

  #add(open: OpenListener, socket: Listener): void {
    open.sockets.push(socket);
    this.#gate.add(socket);
    // The control plane may have asked for the end while a socket was on its way.
    if (this.#hasLetGo || this.#listeners.get(keyOf(open.spec)) !== open) this.#closeSockets(open);
  }

  #takePassed({ listener, socket }: Extract<ToWorker, { type: 'connection' }>): void {
    this.#received++;
    const open = this.#listeners.get(listener) ?? this.#closing.get(listener);
    if (open === undefined) socket.resetAndDestroy();
    else this.#options.transport.adoptSocket(socket, this.#acceptFor(open));
  }

  #update(spec: ListenerSpec): void {
    if (this.#listeners.has(keyOf(spec))) this.#open(spec);
  }

  /** The clients there are belong to the listener that is gone; those that come, to the other one. */
  #rename(from: ListenerKey, spec: ListenerSpec): void {
    const open = this.#listeners.get(from);
    if (open === undefined) return;
    const before = open.spec;
    this.#listeners.delete(from);
    this.#listeners.set(keyOf(spec), open);
    open.spec = spec;
    open.accept = this.#plane.accept(spec);
    this.#plane.drainListener(before);
  }

  #yield({ listener, keep, most }: Extract<ToWorker, { type: 'yield-sockets' }>): void {
    const open = this.#listeners.get(listener);
    const sockets = open === undefined ? [] : this.#rest(open, open.take(keep, most));
    this.#options.post(
      { type: 'yielded', listener, sockets },
      sockets.map(({ handle }) => handle),
    );
  }

  #rest(open: OpenListener, sockets: readonly Listener[]): RestingListener[] {
    return sockets.map((socket) => {
      this.#gate.delete(socket);
      return { listener: open.spec, handle: this.#options.transport.release(socket) };
    });
  }

  /** What the kernel has accepted for us is served: a listening socket closes only after a turn of the loop. */
  #closeOne(key: ListenerKey): void {
    const open = this.#listeners.get(key);
    if (open !== undefined) {
      this.#listeners.delete(key);
      this.#closing.set(key, open);
      this.#leave(open);
    }
    afterTurns(2, () => {
      if (open !== undefined) {
        this.#closeSockets(open);
        if (this.#closing.get(key) === open) this.#closing.delete(key);
      }
      this.#post({ type: 'closed', listener: key });
    });
  }

  /** Its clients are asked to go, those that come from now on as well. */
  #leave(open: OpenListener): void {
    const { spec } = open;
    const accept = this.#plane.accept(spec);
    open.accept = (connection) => {
      const handler = accept(connection);
      this.#plane.drainListener(spec);
      return handler;
    };
    this.#plane.drainListener(spec);
  }

  #closeSockets(open: OpenListener): void {
    for (const socket of open.sockets.splice(0)) {
      this.#gate.delete(socket);
      void socket.close();
    }
  }

  #closeAll(): void {
    for (const open of [...this.#listeners.values(), ...this.#closing.values()]) this.#closeSockets(open);
    this.#listeners.clear();
    this.#closing.clear();
  }

  #acceptFor(open: OpenListener): Accept {
    return (connection) => {
      const handler = open.accept(connection);
      this.#publishLoad();
      this.#gate.check();
      return handler;
    };
  }

  // ——— the end

  #release(): void {
    const sockets = [...this.#listeners.values()].flatMap((open) => this.#rest(open, open.take(0, Infinity)));
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
