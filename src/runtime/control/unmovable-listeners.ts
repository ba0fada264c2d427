/**
 * The listeners whose sockets cannot be handed from thread to thread, so that each is opened where it is to be: those on
 * unix sockets and those of UDP. Loaded for the first config that has one.
 */
import type { Operation } from '../../core/operations.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { isUnixAddress } from '../../core/unix-address.ts';
import type { PreparedUdp, UdpListeners } from './udp-listeners.ts';
import type { PreparedSockets, UnixListeners, UnixListenersOptions } from './unix-listeners.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** What a change of these listeners needs, at hand; null: no config has had one of that kind yet. */
export interface PreparedUnmovable {
  readonly unix: PreparedSockets | null;
  readonly udp: PreparedUdp | null;
}

export class UnmovableListeners {
  readonly #options: UnixListenersOptions;
  #unix: UnixListeners | null = null;
  #udp: UdpListeners | null = null;

  constructor(options: UnixListenersOptions) {
    this.#options = options;
  }

  /** Those that are open, with the ports that they have. */
  get opened(): readonly { readonly spec: ListenerSpec; readonly port: number }[] {
    return [...(this.#unix?.specs ?? []).map((spec) => ({ spec, port: 0 })), ...(this.#udp?.opened ?? [])];
  }

  /** Somebody should listen, and does not. */
  get hasLost(): boolean {
    return this.#unix?.hasLost === true || this.#udp?.hasLost === true;
  }

  /** Another worker can listen beside this one on all that it has. */
  canOverlap(worker: WorkerHandle): boolean {
    return this.#unix?.canOverlap(worker) !== false && this.#udp?.canOverlap(worker) !== false;
  }

  /** Binds what a change needs. Rejects with `ListenError`, and then nothing of it is there. */
  async prepare(operations: readonly Operation[]): Promise<PreparedUnmovable> {
    await this.#load(operations);
    const unix = (await this.#unix?.prepare(operations)) ?? null;
    try {
      return { unix, udp: (await this.#udp?.prepare(operations)) ?? null };
    } catch (error) {
      if (unix !== null) this.#unix?.discard(unix);
      throw error;
    }
  }

  async #load(operations: readonly Operation[]): Promise<void> {
    const opened = operations.flatMap((one) => (one.op === 'open-listener' ? [one.listener] : []));
    if (opened.some(({ host }) => isUnixAddress(host))) {
      const { UnixListeners } = await import('./unix-listeners.ts');
      this.#unix ??= new UnixListeners(this.#options);
    }
    if (opened.some(({ udp }) => udp !== undefined)) {
      const { UdpListeners } = await import('./udp-listeners.ts');
      this.#udp ??= new UdpListeners(() => this.#options.serving());
    }
  }

  /** Lets go of what a change that does not come needed. */
  discard({ unix, udp }: PreparedUnmovable): void {
    if (unix !== null) this.#unix?.discard(unix);
    if (udp !== null) this.#udp?.discard(udp);
  }

  /** Makes a prepared change. `workers`: all that serve from now on. */
  async commit(
    { unix, udp }: PreparedUnmovable,
    operations: readonly Operation[],
    workers: readonly WorkerHandle[],
  ): Promise<void> {
    if (unix !== null) await this.#unix?.commit(unix, operations, workers);
    if (udp !== null) await this.#udp?.commit(udp, operations, workers);
  }

  /** Lets one of these workers listen on each unix socket whose owner is not among them, and each of them on UDP. */
  async cover(workers: readonly WorkerHandle[]): Promise<void> {
    await this.#unix?.cover(workers);
    await this.#udp?.cover(workers);
  }

  /** Lets others listen on what a worker has that is to end, while it still does. */
  async handOver(from: WorkerHandle, workers: readonly WorkerHandle[]): Promise<void> {
    await this.#unix?.handOver(from, workers);
    await this.#udp?.handOver(workers);
  }

  /** For good; the workers close their sockets. */
  close(): void {
    this.#unix?.close();
    this.#udp?.close();
  }
}
