/**
 * The listeners of the process, as the control plane opens them on its data planes; `listener-mode.ts` says who
 * accepts. A change has two halves: `prepare` does all that can fail and changes nothing, `commit` cannot fail. No
 * listening socket that stays is ever closed on the way: it goes from thread to thread, and rests in between.
 */
import type { Operation } from '../../core/operations.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { isUnixAddress } from '../../core/unix-address.ts';
import type { ServerSockets } from '../../net/node/server-sockets.ts';
import type { ConnectionGate } from '../shared/connection-gate.ts';
import { ListenError } from './listen-error.ts';
import { keyOf, protocolOf } from '../shared/listener-key.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import { modeOf } from './listener-mode.ts';
import type { ListenerMode } from './listener-mode.ts';
import type { RestingListener } from '../shared/messages.ts';
import { discardReservations, hasAddressOf, prepareListeners } from './prepare-listeners.ts';
import type { PreparedListeners } from './prepare-listeners.ts';
import { closeResting, listenHost, openAtRest } from './reserve-listener.ts';
import type { Reservation } from './reserve-listener.ts';
import { SocketPasser } from './socket-passer.ts';
import type { SocketChange } from './unix-listeners.ts';
import type { PreparedUnmovable, UnmovableListeners } from './unmovable-listeners.ts';
import type { PassedListener } from './socket-passer.ts';
import type { ThreadTable } from '../shared/thread-table.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle } from './worker-handle.ts';

export { ListenError } from './listen-error.ts';

/** Where a listener really listens: the port where 0 was asked for. */
export interface ListenerAddress {
  readonly listener: string;
  /** `''`: every address. `unix:/path`: a unix socket, whose port is 0. */
  readonly host: string;
  readonly port: number;
  /** What comes in there. */
  readonly protocol: 'http' | 'https' | 'tcp' | 'udp';
}

/** What a change of listeners needs, at hand. */
export interface PreparedChange extends PreparedListeners {
  /** Null: no config has had one of these yet. */
  readonly unmovable: PreparedUnmovable | null;
}

interface Opened extends PassedListener {
  spec: ListenerSpec;
  mode: ListenerMode;
  readonly port: number;
}

export interface ListenersOptions {
  /** The control plane's own transport, which accepts for others. */
  readonly transport: ServerSockets;
  readonly gate: ConnectionGate;
  readonly table: ThreadTable;
  /** The threads that sockets may be passed to. */
  serving(): Iterable<WorkerHandle>;
  /** Nobody listens on a unix socket, or somebody does again. */
  onSocketChange(change: SocketChange): void;
}

type ListenerOperation = Extract<Operation, { op: 'open-listener' | 'update-listener' | 'close-listener' }>;

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #passer: SocketPasser;
  /** Loaded for the first config that has one. */
  #unmovable: UnmovableListeners | null = null;
  readonly #opened = new Map<ListenerKey, Opened>();
  /** Sockets that nobody was there for: the next worker takes them. */
  #orphans: RestingListener[] = [];
  #isClosed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#passer = new SocketPasser(options);
  }

  addresses(): ListenerAddress[] {
    const ports = [...this.#opened.values()].map(({ spec, port }) => addressOf(spec, port));
    return [...ports, ...(this.#unmovable?.opened ?? []).map(({ spec, port }) => addressOf(spec, port))];
  }

  /** Takes what addresses a change needs. Rejects with {@link ListenError}, and then holds none of them. */
  async prepare(operations: readonly Operation[], threads: number): Promise<PreparedChange> {
    await this.#loadUnmovable(operations);
    const unmovable = (await this.#unmovable?.prepare(operations)) ?? null;
    try {
      const { transport } = this.#options;
      const prepared = await prepareListeners(operations, { threads, transport, opened: this.#opened.values() });
      return { ...prepared, unmovable };
    } catch (error) {
      if (unmovable !== null) this.#unmovable?.discard(unmovable);
      throw error;
    }
  }

  async #loadUnmovable(operations: readonly Operation[]): Promise<void> {
    const isNeeded = operations.some(
      (one) => one.op === 'open-listener' && (one.listener.udp !== undefined || isUnixAddress(one.listener.host)),
    );
    if (!isNeeded || this.#unmovable !== null) return;
    const loaded = await import('./unmovable-listeners.ts');
    this.#unmovable = new loaded.UnmovableListeners({
      serving: () => this.#options.serving(),
      onChange: (change) => this.#options.onSocketChange(change),
    });
  }

  /** Lets go of what a change that does not come needed. */
  discard({ reservations, unmovable }: PreparedChange): void {
    discardReservations(reservations);
    if (unmovable !== null) this.#unmovable?.discard(unmovable);
  }

  /** Makes a prepared change. `workers`: all that serve from now on; they work by the new snapshot. */
  async commit(
    prepared: PreparedChange,
    operations: readonly Operation[],
    workers: readonly WorkerHandle[],
  ): Promise<void> {
    if (this.#isClosed) {
      this.discard(prepared);
      return;
    }
    for (const [from, spec] of prepared.heirs) this.#rename(from, spec, workers);
    for (const reservation of prepared.reservations) await this.#install(reservation, workers);
    for (const operation of operations) {
      if (operation.op === 'update-listener') this.#update(operation.listener, workers);
    }
    await this.setThreads(prepared.threads, workers);
    if (prepared.unmovable !== null) await this.#unmovable?.commit(prepared.unmovable, operations, workers);
    for (const operation of operations) {
      if (operation.op === 'close-listener') await this.#close(operation, workers);
    }
  }

  /** With another number of threads somebody else may have to accept. `workers`: those that serve and will stay. */
  async setThreads(threads: number, workers: readonly WorkerHandle[]): Promise<void> {
    for (const opened of this.#opened.values()) await this.#setMode(opened, modeOf(opened.spec, threads), workers);
  }

  /**
   * Gives a new worker its part of every listener: sockets it has inherited, one that another worker has to spare, or
   * one of its own; one that fails on the way gets no more. Rejects with {@link ListenError}.
   */
  async admit(
    worker: WorkerHandle,
    estate: readonly RestingListener[],
    others: readonly WorkerHandle[],
  ): Promise<void> {
    await this.coverSockets([...others, worker]);
    const served = new Set(await this.give([...estate, ...this.#orphans.splice(0)], [worker]));
    for (const opened of this.#opened.values()) {
      const { key, spec, mode, port } = opened;
      if (mode === 'passed') worker.post({ type: 'serve-passed', listener: spec });
      if (mode === 'passed' || served.has(key)) continue;
      const spare = await this.#collect(key, others, 1, 1);
      if (spare.length > 0) {
        await worker.inherit(spare);
        continue;
      }
      try {
        await worker.listen(spec, listenHost(spec), port, mode === 'shared');
      } catch (error) {
        if (worker.state === 'draining') return;
        throw new ListenError(spec, error);
      }
    }
  }

  /**
   * Gives listening sockets of a worker that ends to others, each its share; those of listeners that are gone are
   * closed. Resolves to the listeners that got some.
   */
  async give(estate: readonly RestingListener[], workers: readonly WorkerHandle[]): Promise<ListenerKey[]> {
    const shares = workers.map((): RestingListener[] => []);
    const given: ListenerKey[] = [];
    for (const { listener, handle } of estate) {
      const opened = this.#opened.get(keyOf(listener)) ?? this.#at(listener);
      if (opened === null || this.#isClosed) closeResting([handle]);
      else if (opened.mode === 'passed') this.#passer.accept(handle, opened);
      else if (workers.length === 0) this.#orphans.push({ listener: opened.spec, handle });
      else {
        shares[given.length % workers.length].push({ listener: opened.spec, handle });
        given.push(opened.key);
      }
    }
    await Promise.all(
      workers
        .map((worker, index) => ({ worker, share: shares[index] }))
        .filter(({ share }) => share.length > 0)
        .map(({ worker, share }) => worker.inherit(share).catch(ignoreGone)),
    );
    return given;
  }

  /** Lets one of these workers listen on each unix socket whose owner is not among them, and each of them on UDP. */
  async coverSockets(workers: readonly WorkerHandle[]): Promise<void> {
    await this.#unmovable?.cover(workers);
  }

  /** Nobody listens on a unix socket, or not everybody on UDP: it is to be covered again. */
  get hasLostSockets(): boolean {
    return this.#unmovable?.hasLost ?? false;
  }

  /** Lets others listen on unix sockets and UDP in the place of a worker that is to end, while it still does. */
  async handOverSockets(from: WorkerHandle, workers: readonly WorkerHandle[]): Promise<void> {
    await this.#unmovable?.handOver(from, workers);
  }

  /** Client connections of the process, beyond which accepting pauses. */
  setMaxConnections(max: number): void {
    this.#options.gate.max = max;
  }

  /** To be called now and then: a place may have become free in another thread. */
  checkLimit(): void {
    this.#passer.check();
  }

  /** Passes accepted sockets on, as long as a worker is there to take them. */
  passWaiting(): void {
    this.#passer.passWaiting();
  }

  /** Whether another worker can listen while this one still does. */
  canOverlap(worker: WorkerHandle): boolean {
    return (
      [...this.#opened.values()].every(({ mode }) => mode !== 'own') && this.#unmovable?.canOverlap(worker) !== false
    );
  }

  /**
   * Opens, for a worker to inherit, what nobody listens on any more: connections wait in the backlog instead of being
   * refused. What cannot be opened is left out; the worker will say why.
   */
  async openToRest(): Promise<RestingListener[]> {
    const { transport } = this.#options;
    const resting: RestingListener[] = [];
    if ([...this.#options.serving()].length > 0) return resting;
    for (const { spec, mode, port } of this.#opened.values()) {
      if (mode === 'passed') continue;
      const options = { host: listenHost(spec), port, reusePort: mode === 'shared' };
      const opened = await openAtRest(transport, options).catch(() => null);
      if (opened !== null) resting.push({ listener: spec, handle: opened.handle });
    }
    return resting;
  }

  /** Passes on who waits in the backlog of a socket that the control plane accepts on. Null: there is none. */
  passBacklog(): Promise<void> | null {
    return [...this.#opened.values()].some(({ mode }) => mode === 'passed') ? this.#passer.passBacklog() : null;
  }

  /** Stops what the control plane accepts itself, for good; the workers close their own. */
  closePassing(): void {
    this.#isClosed = true;
    for (const opened of this.#opened.values()) this.#passer.close(opened);
    closeResting(this.#orphans.splice(0).map(({ handle }) => handle));
    this.#unmovable?.close();
  }

  // ———

  /** The listener that has this address by now, under whatever name. */
  #at(listener: ListenerSpec): Opened | null {
    return [...this.#opened.values()].find(({ spec }) => hasAddressOf(spec, listener)) ?? null;
  }

  #rename(from: ListenerKey, spec: ListenerSpec, workers: readonly WorkerHandle[]): void {
    const opened = this.#opened.get(from);
    if (opened === undefined) return;
    this.#opened.delete(from);
    opened.spec = spec;
    opened.key = keyOf(spec);
    this.#opened.set(opened.key, opened);
    this.#passer.update(opened);
    for (const worker of workers) worker.post({ type: 'rename-listener', from, listener: spec });
  }

  async #install({ spec, mode, port, handles }: Reservation, workers: readonly WorkerHandle[]): Promise<void> {
    const opened: Opened = { spec, key: keyOf(spec), mode, port, sockets: [] };
    this.#opened.set(opened.key, opened);
    if (mode === 'passed') for (const worker of workers) worker.post({ type: 'serve-passed', listener: spec });
    await this.give(
      handles.map((handle) => ({ listener: spec, handle })),
      workers,
    );
  }

  #update(spec: ListenerSpec, workers: readonly WorkerHandle[]): void {
    const opened = this.#opened.get(keyOf(spec));
    if (opened === undefined) return;
    opened.spec = spec;
    this.#passer.update(opened);
    for (const worker of workers) worker.post({ type: 'update-listener', listener: spec });
  }

  /** The sockets go from who accepted on them to who does from now on. */
  async #setMode(opened: Opened, mode: ListenerMode, workers: readonly WorkerHandle[]): Promise<void> {
    if (opened.mode === mode) return;
    const { spec, key, port } = opened;
    const handles = opened.mode === 'passed' ? this.#passer.rest(opened) : [];
    const sockets: RestingListener[] = handles.map((handle) => ({ listener: spec, handle }));
    if (opened.mode !== 'passed') sockets.push(...(await this.#collect(key, workers, 0, Infinity)));
    opened.mode = mode;
    // One that had no listening socket of its own does not know the listener yet.
    if (mode === 'passed') for (const worker of workers) worker.post({ type: 'serve-passed', listener: spec });
    await this.give(sockets, workers);
    if (mode !== 'shared') return;
    const without = workers.slice(sockets.length);
    // One that cannot have its own is served by the others.
    await Promise.all(
      without.map((worker) => worker.listen(spec, listenHost(spec), port, true).catch(() => undefined)),
    );
  }

  async #collect(
    key: ListenerKey,
    workers: readonly WorkerHandle[],
    keep: number,
    most: number,
  ): Promise<RestingListener[]> {
    const collected: RestingListener[] = [];
    for (const worker of workers) {
      if (collected.length >= most) break;
      collected.push(...(await worker.yieldSockets(key, keep, most - collected.length).catch(() => [])));
    }
    return collected;
  }

  async #close(
    operation: Extract<ListenerOperation, { op: 'close-listener' }>,
    workers: readonly WorkerHandle[],
  ): Promise<void> {
    const opened = this.#opened.get(keyOf(operation));
    // Its address, and with it its sockets, may be another one's by now.
    if (opened === undefined) return;
    this.#opened.delete(opened.key);
    // What the kernel has accepted for us is served.
    await this.#passer.passBacklog();
    this.#passer.close(opened);
    await Promise.all(workers.map((worker) => worker.closeListener(operation).catch(ignoreGone)));
  }
}

function addressOf(spec: ListenerSpec, port: number): ListenerAddress {
  return { listener: spec.id, host: spec.host, port, protocol: protocolOf(spec) };
}
