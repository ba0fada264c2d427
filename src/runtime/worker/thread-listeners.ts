/** The listeners of one data plane: their settings, their listening sockets, and who comes in by them. */
import type { Transferable } from 'node:worker_threads';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { isUnixAddress, socketPathOf } from '../../core/unix-address.ts';
import type { NetServerHandle } from '../../net/node/listener.ts';
import type { NodeTransport } from '../../net/node/transport.ts';
import type { Listener } from '../../net/transport.ts';
import { afterBacklog } from '../shared/after-turns.ts';
import type { ConnectionGate } from '../shared/connection-gate.ts';
import type { DataPlane } from './data-plane-api.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import type { FromWorker, RestingListener, ToWorker } from '../shared/messages.ts';
import { OpenListener } from './open-listener.ts';
import type { Accept } from './open-listener.ts';

export interface ThreadListenersOptions {
  readonly transport: NodeTransport;
  readonly dataPlane: DataPlane;
  readonly gate: ConnectionGate;
  post(message: FromWorker, transfer: readonly Transferable[]): void;
  /** A connection has come in. */
  onAccepted(): void;
}

export class ThreadListeners {
  readonly #options: ThreadListenersOptions;
  readonly #listeners = new Map<ListenerKey, OpenListener>();
  /** Those that have left the config and may still accept for a turn of the loop. */
  readonly #closing = new Map<ListenerKey, OpenListener>();
  /** What becomes of a listening socket that is still on its way here. */
  #late: 'kept' | 'given-away' | 'closed' = 'kept';

  constructor(options: ThreadListenersOptions) {
    this.#options = options;
  }

  /** Opens a listening socket; posts `listening` or `listen-failed`. */
  async listen({ listener, host, port, reusePort }: Extract<ToWorker, { type: 'listen' }>): Promise<void> {
    const key = keyOf(listener);
    if (this.#late !== 'kept') {
      this.#post({ type: 'listen-failed', listener: key, code: 'ECANCELED', message: 'this thread is at its end' });
      return;
    }
    if (listener.udp !== undefined) {
      await this.#udp?.answerListen(listener, { host, port, reusePort }, (message) => this.#post(message));
      return;
    }
    const open = isUnixAddress(listener.host) ? this.#expect(listener) : this.#open(listener);
    try {
      const where = isUnixAddress(host) ? { path: socketPathOf(host) } : { host, port, reusePort };
      const socket = await this.#options.transport.listen(where, this.#acceptFor(open));
      this.#add(open, socket);
      this.#post({ type: 'listening', listener: key, port: socket.port });
    } catch (error) {
      if (open.sockets.length === 0) this.#listeners.delete(key);
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      this.#post({ type: 'listen-failed', listener: key, code, message: String(error) });
    }
  }

  /** Takes over listening sockets of another thread; posts `inherited`. */
  inherit(sockets: readonly RestingListener[]): void {
    if (this.#late === 'given-away') this.#giveAway(sockets);
    else for (const { listener, handle } of sockets) this.#adopt(listener, handle);
    this.#post({ type: 'inherited' });
  }

  #adopt(listener: ListenerSpec, handle: NetServerHandle): void {
    const open = this.#open(listener);
    this.#add(open, this.#options.transport.adopt(handle, this.#acceptFor(open)));
  }

  /** Serves a listener that another thread accepts for. */
  serve(spec: ListenerSpec): void {
    this.#open(spec);
  }

  /** The listener as it is now, known before or not. */
  #open(spec: ListenerSpec): OpenListener {
    const key = keyOf(spec);
    const open = this.#listeners.get(key) ?? new OpenListener(spec, this.#options.dataPlane.accept(spec));
    this.#listeners.set(key, open);
    open.spec = spec;
    open.accept = this.#options.dataPlane.accept(spec);
    for (const socket of open.sockets) this.#options.gate.add(socket, spec.tls !== null);
    return open;
  }

  /**
   * A unix socket listens where nobody finds it before the snapshot that knows it is here: what becomes of its connections
   * is looked up when the first one comes.
   */
  #expect(spec: ListenerSpec): OpenListener {
    const key = keyOf(spec);
    const open =
      this.#listeners.get(key) ?? new OpenListener(spec, (connection) => this.#open(spec).accept(connection));
    this.#listeners.set(key, open);
    return open;
  }

  #add(open: OpenListener, socket: Listener): void {
    open.sockets.push(socket);
    this.#options.gate.add(socket, open.spec.tls !== null);
    // The end may have come while a socket was on its way.
    if (this.#late === 'given-away') {
      this.#giveAway(this.#rest(open, open.take(0, Infinity)));
      this.#closeSockets(open);
    } else if (this.#late === 'closed' || this.#listeners.get(keyOf(open.spec)) !== open) {
      this.#closeSockets(open);
    }
  }

  /** Takes a socket that another thread has accepted. */
  takePassed({ listener, socket }: Extract<ToWorker, { type: 'connection' }>): void {
    const open = this.#listeners.get(listener) ?? this.#closing.get(listener);
    if (open === undefined) socket.resetAndDestroy();
    else this.#options.transport.adoptSocket(socket, this.#acceptFor(open));
  }

  /** Other settings, which hold for connections from now on. */
  update(spec: ListenerSpec): void {
    if (this.#listeners.has(keyOf(spec))) this.#open(spec);
  }

  /** The clients there are belong to the listener that is gone; those that come, to the other one. */
  rename(from: ListenerKey, spec: ListenerSpec): void {
    if (spec.udp !== undefined) this.#udp?.rename(from, spec);
    const open = this.#listeners.get(from);
    if (open === undefined) return;
    const before = open.spec;
    this.#listeners.delete(from);
    this.#listeners.set(keyOf(spec), open);
    open.spec = spec;
    open.accept = this.#options.dataPlane.accept(spec);
    for (const socket of open.sockets) this.#options.gate.add(socket, spec.tls !== null);
    this.#options.dataPlane.drainListener(before);
  }

  /** Gives listening sockets away; posts `yielded`. */
  yieldSockets({ listener, keep, most }: Extract<ToWorker, { type: 'yield-sockets' }>): void {
    const open = this.#listeners.get(listener);
    const sockets = open === undefined ? [] : this.#rest(open, open.take(keep, most));
    this.#options.post(
      { type: 'yielded', listener, sockets },
      sockets.map(({ handle }) => handle),
    );
  }

  #rest(open: OpenListener, sockets: readonly Listener[]): RestingListener[] {
    return sockets.map((socket) => {
      this.#options.gate.delete(socket);
      return { listener: open.spec, handle: this.#options.transport.release(socket) };
    });
  }

  /**
   * The listener has left the config; posts `closed`. What the kernel has accepted for us is served before its sockets
   * close.
   */
  close(key: ListenerKey): void {
    this.#udp?.close(key);
    const open = this.#listeners.get(key);
    if (open !== undefined) {
      this.#listeners.delete(key);
      this.#closing.set(key, open);
      this.#leave(open);
    }
    this.#afterBacklog(open === undefined ? [] : [open], () => {
      if (open !== undefined) {
        this.#closeSockets(open);
        if (this.#closing.get(key) === open) this.#closing.delete(key);
      }
      this.#post({ type: 'closed', listener: key });
    });
  }

  /** Its clients are asked to go, those that come from now on as well. */
  #leave(open: OpenListener): void {
    const { spec, accept } = open;
    open.accept = (connection) => {
      const handler = accept(connection);
      this.#options.dataPlane.drainListener(spec);
      return handler;
    };
    this.#options.dataPlane.drainListener(spec);
  }

  #closeSockets(open: OpenListener): void {
    for (const socket of open.sockets.splice(0)) {
      this.#options.gate.delete(socket);
      void socket.close();
    }
  }

  /**
   * Gives every listening socket to another thread, and from now on those that are still on their way. Connections that
   * another thread has passed to this one before it knew are served; posts `released`, each time. One that cannot move
   * closes, after what the kernel has accepted for it; `onLetGo` is called when none is left.
   */
  release(onLetGo: () => void): void {
    const letGo = this.#udp?.release(onLetGo) ?? onLetGo;
    if (this.#late === 'kept') this.#late = 'given-away';
    const all = [...this.#listeners.values()];
    this.#giveAway(all.flatMap((open) => this.#rest(open, open.take(0, Infinity))));
    const fixed = all.filter(({ isFixed }) => isFixed);
    const close = (): void => {
      for (const open of fixed) this.#closeSockets(open);
      letGo();
    };
    if (fixed.length === 0) close();
    else this.#afterBacklog(fixed, close);
  }

  /** Closes every listening socket when what the kernel has accepted for us is served, and calls `onLetGo`. */
  drain(onLetGo: () => void): void {
    const letGo = this.#udp?.drain(onLetGo) ?? onLetGo;
    this.#afterBacklog([...this.#listeners.values()], () => {
      this.closeForGood();
      letGo();
    });
  }

  #afterBacklog(listeners: readonly OpenListener[], task: () => void): void {
    afterBacklog(() => listeners.reduce((sum, { accepted }) => sum + accepted, 0), task);
  }

  #giveAway(sockets: readonly RestingListener[]): void {
    this.#options.post(
      { type: 'released', sockets },
      sockets.map(({ handle }) => handle),
    );
  }

  /** Closes every listening socket, and from now on those that are still on their way. */
  closeForGood(): void {
    this.#late = 'closed';
    for (const open of [...this.#listeners.values(), ...this.#closing.values()]) this.#closeSockets(open);
    this.#listeners.clear();
    this.#closing.clear();
  }

  /** Null where no listener has `udp`. */
  get #udp(): DataPlane['parts']['udp'] {
    return this.#options.dataPlane.parts.udp;
  }

  #acceptFor(open: OpenListener): Accept {
    return (connection) => {
      open.accepted++;
      const handler = open.accept(connection);
      this.#options.onAccepted();
      return handler;
    };
  }

  #post(message: FromWorker): void {
    this.#options.post(message, []);
  }
}
