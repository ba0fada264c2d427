/**
 * The listeners on unix sockets. Neither their listening sockets nor what these accept can be handed to another thread,
 * so each belongs to one worker, its owner. Another owner gets a socket of its own, which takes the place of the file
 * before the old one closes; what waits in the backlog of an owner that is gone is lost. A name without a file can have
 * one socket only: there the old one closes first.
 */
import type { Operation } from '../../core/operations.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { isAbstract, isUnixAddress, socketPathOf } from '../../core/unix-address.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import { ListenError } from './listen-error.ts';
import { bindSocket, requireGroup } from './bind-socket.ts';
import type { BoundSocket } from './bind-socket.ts';
import { leavingOf } from './prepare-listeners.ts';
import { equipAgain, place, remove, requireVacant } from './socket-file.ts';
import type { FileIdentity } from './socket-file.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** A unix listener that should be there. */
interface OpenedSocket {
  spec: ListenerSpec;
  /** Null: nobody listens, and somebody is to. */
  owner: WorkerHandle | null;
  /** The last try has failed. */
  isLost: boolean;
  /** What is at its path; null: nothing of ours, or it has no file. */
  file: FileIdentity | null;
}

/** What a change of unix listeners needs, at hand. */
export interface PreparedSockets {
  readonly bound: readonly BoundSocket[];
  /** Listeners that take a socket over from one that goes, by the latter's key. */
  readonly heirs: ReadonlyMap<ListenerKey, ListenerSpec>;
}

/** Whether somebody listens on a unix socket of the config. */
export interface SocketChange {
  readonly listener: string;
  /** `unix:/run/web.sock` */
  readonly address: string;
  /** `lost`: nobody listens, and it is tried again; `open`: somebody does again. */
  readonly state: 'lost' | 'open';
  /** Why it was lost, else `''`. */
  readonly reason: string;
}

export interface UnixListenersOptions {
  /** Workers that serve. */
  serving(): Iterable<WorkerHandle>;
  onChange(change: SocketChange): void;
}

export class UnixListeners {
  readonly #options: UnixListenersOptions;
  readonly #opened = new Map<ListenerKey, OpenedSocket>();
  #isClosed = false;

  constructor(options: UnixListenersOptions) {
    this.#options = options;
  }

  get specs(): readonly ListenerSpec[] {
    return [...this.#opened.values()].map(({ spec }) => spec);
  }

  /** Nobody listens on one of them. */
  get hasLost(): boolean {
    return [...this.#opened.values()].some(({ isLost }) => isLost);
  }

  /** Another worker can listen beside this one on all that it owns. */
  canOverlap(worker: WorkerHandle): boolean {
    return this.#ownedBy(worker).every(({ spec }) => !isAbstract(spec.host));
  }

  /** Binds what a change needs, beside its place. Rejects with {@link ListenError}, and then nothing of it is there. */
  async prepare(operations: readonly Operation[]): Promise<PreparedSockets> {
    const leaving = leavingOf(this.#opened.values(), operations);
    const heirs = new Map<ListenerKey, ListenerSpec>();
    const bound: BoundSocket[] = [];
    try {
      for (const operation of operations) {
        if (operation.op !== 'open-listener' && operation.op !== 'update-listener') continue;
        const { listener } = operation;
        if (!isUnixAddress(listener.host)) continue;
        requireGroup(listener);
        if (operation.op === 'update-listener') continue;
        const predecessor = leaving.find(({ host }) => host === listener.host);
        if (predecessor !== undefined) heirs.set(keyOf(predecessor), listener);
        else bound.push(await this.#reserve(listener, bound));
      }
    } catch (error) {
      this.discard({ bound });
      throw error;
    }
    return { bound, heirs };
  }

  /** Lets go of what a change that does not come needed. */
  discard({ bound }: Pick<PreparedSockets, 'bound'>): void {
    for (const { spec, worker } of bound) void worker.closeListener(spec).catch(ignoreGone);
  }

  /** Makes a prepared change. `workers`: all that serve from now on. */
  async commit(
    { bound, heirs }: PreparedSockets,
    operations: readonly Operation[],
    workers: readonly WorkerHandle[],
  ): Promise<void> {
    for (const [from, spec] of heirs) this.#rename(from, spec);
    for (const socket of bound) this.#install(socket, workers);
    for (const operation of operations) {
      if (operation.op === 'update-listener') this.#update(operation.listener);
      if (operation.op === 'close-listener') await this.#close(operation);
    }
    await this.cover(workers);
  }

  /** Lets one of these workers listen wherever the owner is not among them. */
  async cover(workers: readonly WorkerHandle[]): Promise<void> {
    for (const opened of this.#opened.values()) {
      const { owner, spec } = opened;
      if (owner !== null && workers.includes(owner)) continue;
      if (this.#isClosed || workers.length === 0) return;
      // One that loops answers nothing, and is ended before another can have the name.
      if (owner !== null && isAbstract(spec.host) && owner.state === 'serving') continue;
      await this.#move(opened, this.#leastOwning(workers));
    }
  }

  /** Gives what a worker owns that is to end to others, while it still listens. */
  async handOver(from: WorkerHandle, workers: readonly WorkerHandle[]): Promise<void> {
    const others = workers.filter((worker) => worker !== from);
    for (const opened of this.#ownedBy(from)) {
      if (others.length > 0) await this.#move(opened, this.#leastOwning(others));
    }
  }

  /** For good: removes the files; the workers close their sockets. */
  close(): void {
    this.#isClosed = true;
    for (const opened of this.#opened.values()) removeFile(opened);
  }

  // ———

  #ownedBy(worker: WorkerHandle): readonly OpenedSocket[] {
    return [...this.#opened.values()].filter(({ owner }) => owner === worker);
  }

  /** `bound`: what will be owned as well. */
  #leastOwning(workers: readonly WorkerHandle[], bound: readonly BoundSocket[] = []): WorkerHandle {
    const owners = [...[...this.#opened.values()].map(({ owner }) => owner), ...bound.map(({ worker }) => worker)];
    const counts = workers.map((worker) => owners.filter((owner) => owner === worker).length);
    return workers[counts.indexOf(Math.min(...counts))];
  }

  get #files(): readonly FileIdentity[] {
    return [...this.#opened.values()].flatMap(({ file }) => file ?? []);
  }

  async #reserve(spec: ListenerSpec, bound: readonly BoundSocket[]): Promise<BoundSocket> {
    try {
      await requireVacant(spec.host, this.#files);
      const workers = [...this.#options.serving()];
      if (workers.length === 0) throw new Error('no thread is there to listen');
      return await bindSocket(spec, this.#leastOwning(workers, bound));
    } catch (error) {
      throw new ListenError(spec, error);
    }
  }

  #install(socket: BoundSocket, workers: readonly WorkerHandle[]): void {
    const { spec, worker } = socket;
    const opened: OpenedSocket = { spec, owner: null, isLost: false, file: null };
    this.#opened.set(keyOf(spec), opened);
    // Gone meanwhile: another one takes its place at once.
    if (!workers.includes(worker)) return;
    try {
      this.#publish(opened, socket);
    } catch {
      // Tried again at once, which says why.
      this.discard({ bound: [socket] });
    }
  }

  /** Whoever looks for it finds this socket from now on. */
  #publish(opened: OpenedSocket, { worker, path, file }: BoundSocket): void {
    if (path !== null) place(path, socketPathOf(opened.spec.host));
    opened.owner = worker;
    opened.file = file;
  }

  async #move(opened: OpenedSocket, to: WorkerHandle): Promise<void> {
    const { spec, owner: from } = opened;
    let socket: BoundSocket | null = null;
    try {
      if (isAbstract(spec.host) && from !== null) await from.closeListener(spec).catch(ignoreGone);
      await requireVacant(spec.host, this.#files);
      socket = await bindSocket(spec, to);
      if (this.#isClosed) return;
      this.#publish(opened, socket);
    } catch (error) {
      if (socket !== null) this.discard({ bound: [socket] });
      opened.owner = null;
      this.#lost(opened, new ListenError(spec, error).message);
      return;
    }
    if (opened.isLost) this.#say(spec, 'open', '');
    opened.isLost = false;
  }

  /** Said once: the next try comes soon, and would say the same. */
  #lost(opened: OpenedSocket, reason: string): void {
    if (!opened.isLost) this.#say(opened.spec, 'lost', reason);
    opened.isLost = true;
  }

  #rename(from: ListenerKey, spec: ListenerSpec): void {
    const opened = this.#opened.get(from);
    if (opened === undefined) return;
    this.#opened.delete(from);
    this.#opened.set(keyOf(spec), opened);
    opened.owner?.post({ type: 'rename-listener', from, listener: spec });
    this.#adopt(opened, spec);
  }

  #update(spec: ListenerSpec): void {
    const opened = this.#opened.get(keyOf(spec));
    if (opened === undefined) return;
    opened.owner?.post({ type: 'update-listener', listener: spec });
    this.#adopt(opened, spec);
  }

  #adopt(opened: OpenedSocket, spec: ListenerSpec): void {
    const { mode, group } = opened.spec;
    opened.spec = spec;
    if (opened.file === null || (mode === spec.mode && group === spec.group)) return;
    try {
      equipAgain(socketPathOf(spec.host), opened.file, spec);
    } catch (error) {
      this.#say(spec, 'open', `its mode or group stays as it was: ${String(error)}`);
    }
  }

  async #close(operation: Extract<Operation, { op: 'close-listener' }>): Promise<void> {
    const key = keyOf(operation);
    const opened = this.#opened.get(key);
    // Its socket may be another one's by now.
    if (opened === undefined) return;
    this.#opened.delete(key);
    removeFile(opened);
    await opened.owner?.closeListener(operation).catch(ignoreGone);
  }

  #say({ id, host }: ListenerSpec, state: SocketChange['state'], reason: string): void {
    this.#options.onChange({ listener: id, address: host, state, reason });
  }
}

function removeFile({ spec, file }: OpenedSocket): void {
  if (file !== null) remove(socketPathOf(spec.host), file);
}
