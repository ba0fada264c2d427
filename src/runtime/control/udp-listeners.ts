/**
 * The listeners with `udp`. Their sockets cannot be handed to another thread, so each thread has one of its own on the
 * address (`reusePort`), and the kernel keeps each client at one of them for as long as these stay the same. Where threads
 * cannot share an address, one of them has it.
 */
import { once } from 'node:events';
import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Operation } from '../../core/operations.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import { ListenError } from './listen-error.ts';
import { hasAddressOf, leavingOf } from './prepare-listeners.ts';
import { listenHost } from './reserve-listener.ts';
import { canReusePort } from './threads.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface OpenedUdp {
  spec: ListenerSpec;
  readonly port: number;
  /** Those that listen. */
  owners: readonly WorkerHandle[];
  /** The last try to let another worker listen has failed. */
  isLost: boolean;
}

/** What a change of these listeners needs, at hand. */
export interface PreparedUdp {
  readonly bound: readonly OpenedUdp[];
  /** Listeners that take an address over from one that goes, by the latter's key. */
  readonly heirs: ReadonlyMap<ListenerKey, ListenerSpec>;
}

/** Workers that serve. */
type Serving = () => Iterable<WorkerHandle>;

export class UdpListeners {
  readonly #serving: Serving;
  readonly #opened = new Map<ListenerKey, OpenedUdp>();
  /** Ports that were ours, on whatever address: some thread may still answer clients there. */
  readonly #left = new Set<number>();
  #isClosed = false;

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  /** Those that are open, with the ports that they have. */
  get opened(): readonly Pick<OpenedUdp, 'spec' | 'port'>[] {
    return [...this.#opened.values()];
  }

  /** Some worker should listen, and does not. */
  get hasLost(): boolean {
    return [...this.#opened.values()].some(({ isLost }) => isLost);
  }

  /** Another worker can listen beside this one. */
  canOverlap(worker: WorkerHandle): boolean {
    return canReusePort || [...this.#opened.values()].every(({ owners }) => !owners.includes(worker));
  }

  /** Binds what a change needs. Rejects with {@link ListenError}, and then nothing of it is there. */
  async prepare(operations: readonly Operation[]): Promise<PreparedUdp> {
    const leaving = leavingOf(this.#opened.values(), operations);
    const heirs = new Map<ListenerKey, ListenerSpec>();
    const bound: OpenedUdp[] = [];
    try {
      for (const operation of operations) {
        if (operation.op !== 'open-listener' || operation.listener.udp === undefined) continue;
        const { listener } = operation;
        const predecessor = leaving.find((spec) => hasAddressOf(spec, listener));
        if (predecessor === undefined) bound.push(await this.#bind(listener));
        else heirs.set(keyOf(predecessor), listener);
      }
    } catch (error) {
      this.discard({ bound });
      throw error;
    }
    return { bound, heirs };
  }

  /** Lets go of what a change that does not come needed. */
  discard({ bound }: Pick<PreparedUdp, 'bound'>): void {
    for (const { spec, owners } of bound) {
      for (const worker of owners) void worker.closeListener(spec).catch(ignoreGone);
    }
  }

  /** Makes a prepared change. `workers`: all that serve from now on; they work by the new snapshot. */
  async commit(
    { bound, heirs }: PreparedUdp,
    operations: readonly Operation[],
    workers: readonly WorkerHandle[],
  ): Promise<void> {
    for (const [from, spec] of heirs) this.#rename(from, spec);
    for (const opened of bound) this.#opened.set(keyOf(opened.spec), opened);
    for (const operation of operations) {
      if (operation.op === 'update-listener') this.#update(operation.listener);
      if (operation.op === 'close-listener') await this.#close(operation);
    }
    await this.cover(workers);
  }

  /** Lets each of these workers listen that does not yet. */
  async cover(workers: readonly WorkerHandle[]): Promise<void> {
    for (const opened of this.#opened.values()) {
      opened.owners = opened.owners.filter(({ state }) => state === 'serving' || state === 'starting');
      opened.isLost = false;
      for (const worker of workers) await this.#add(opened, worker);
    }
  }

  /** Lets others listen on all that a worker has that is to end. */
  async handOver(workers: readonly WorkerHandle[]): Promise<void> {
    for (const opened of this.#opened.values()) for (const worker of workers) await this.#add(opened, worker);
  }

  /** For good; the workers close their sockets. */
  close(): void {
    this.#isClosed = true;
  }

  // ———

  async #add(opened: OpenedUdp, worker: WorkerHandle): Promise<void> {
    const { spec, port, owners } = opened;
    if (this.#isClosed || owners.includes(worker) || (!canReusePort && owners.length > 0)) return;
    try {
      await worker.listen(spec, listenHost(spec), port, canReusePort);
      opened.owners = [...opened.owners, worker];
    } catch {
      // Served by the others meanwhile, and tried again.
      opened.isLost = true;
    }
  }

  async #bind(spec: ListenerSpec): Promise<OpenedUdp> {
    const opened: OpenedUdp & { port: number } = { spec, port: spec.port, owners: [], isLost: false };
    try {
      if (!this.#isOurs(spec)) await requireFree(listenHost(spec), spec.port);
      const workers = [...this.#serving()];
      if (workers.length === 0) throw new Error('no thread is there to listen');
      for (const worker of canReusePort ? workers : workers.slice(0, 1)) {
        opened.port = await worker.listen(spec, listenHost(spec), opened.port, canReusePort);
        opened.owners = [...opened.owners, worker];
      }
      return opened;
    } catch (error) {
      this.discard({ bound: [opened] });
      throw new ListenError(spec, error);
    }
  }

  /** A socket of this process has the port, on this address or a wider one: so nobody can be asked whether it is free. */
  #isOurs(spec: ListenerSpec): boolean {
    return spec.port === 0 || this.#left.has(spec.port) || this.opened.some(({ port }) => port === spec.port);
  }

  #rename(from: ListenerKey, spec: ListenerSpec): void {
    const opened = this.#opened.get(from);
    if (opened === undefined) return;
    this.#opened.delete(from);
    opened.spec = spec;
    this.#opened.set(keyOf(spec), opened);
    for (const worker of opened.owners) worker.post({ type: 'rename-listener', from, listener: spec });
  }

  /** What it says reaches the workers with the snapshot. */
  #update(spec: ListenerSpec): void {
    const opened = this.#opened.get(keyOf(spec));
    if (opened !== undefined) opened.spec = spec;
  }

  async #close(operation: Extract<Operation, { op: 'close-listener' }>): Promise<void> {
    const key = keyOf(operation);
    const opened = this.#opened.get(key);
    // Its address, and with it its sockets, may be another one's by now.
    if (opened === undefined) return;
    this.#opened.delete(key);
    this.#left.add(opened.port);
    await Promise.all(opened.owners.map((worker) => worker.closeListener(operation).catch(ignoreGone)));
  }
}

/**
 * With `reusePort` two programs of one user can have the same address and take each other's datagrams without any error:
 * so the address is first taken for ourselves alone, for a moment.
 */
async function requireFree(host: string, port: number): Promise<void> {
  const socket = dgram.createSocket(host === '' || isIPv6(host) ? 'udp6' : 'udp4');
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port, exclusive: true, ...(host === '' ? {} : { address: host }) });
    await listening;
  } catch (error) {
    // Without IPv6 it is asked of the worker's own socket.
    const isWithoutIpv6 = host === '' && error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT';
    if (!isWithoutIpv6) throw error;
  } finally {
    socket.on('error', () => {}).close();
  }
}
