/**
 * The listeners of the process, as the control plane opens them on its data planes:
 *
 * - `own`: the only data plane listens, and no other can beside it (the caller's thread; systems without `reusePort`).
 * - `shared`: every thread has a listening socket of its own on the address (`reusePort`), the kernel spreads. One
 *   thread alone listens so as well, so that its replacement can listen before it ends.
 * - `passed`: the control plane accepts and passes each socket to the thread with the fewest connections
 *   (`spread: even`, and wherever threads cannot share an address).
 */
import { once } from 'node:events';
import net from 'node:net';
import type { ListenerSpec } from '../core/snapshot.ts';
import type { NodeTransport } from '../net/node/transport.ts';
import type { Listener, ListenOptions } from '../net/transport.ts';
import type { ConnectionGate } from './connection-gate.ts';
import { addressText, keyOf } from './listener-key.ts';
import type { ListenerKey } from './listener-key.ts';
import { canReusePort } from './threads.ts';
import type { RestingListener, ToWorker } from './messages.ts';
import type { ThreadTable } from './thread-table.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Where a listener really listens: the port where 0 was asked for. */
export interface ListenerAddress {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
}

/** A listener could not be opened. `message` names it, its address and the reason. */
export class ListenError extends Error {
  readonly code = 'FL_LISTEN';
  /** The system's own, e.g. `EADDRINUSE`. */
  readonly reason: string;
  override readonly name = 'ListenError';

  constructor(spec: ListenerSpec, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const text = REASONS[reason];
    const why = text === undefined ? reason : `${text} (${reason})`;
    super(`listener ${spec.id}: cannot listen on ${addressText(spec)}: ${why}`, { cause });
    this.reason = reason;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use that port',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

type PassedSocket = Extract<ToWorker, { type: 'connection' }>;

interface Opened {
  spec: ListenerSpec;
  readonly mode: 'own' | 'shared' | 'passed';
  readonly port: number;
  /** Of mode `passed`. */
  readonly passing: Listener | null;
}

export interface ListenersOptions {
  /** Data-plane threads; 0 and 1: one data plane. */
  readonly threads: number;
  /** The control plane's own transport, which accepts for others. */
  readonly transport: NodeTransport;
  readonly gate: ConnectionGate;
  readonly table: ThreadTable;
  /** The threads that sockets may be passed to. */
  serving(): Iterable<WorkerHandle>;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #opened = new Map<ListenerKey, Opened>();
  /** Accepted sockets that no worker is there for, between a death and its replacement. */
  #waiting: PassedSocket[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  addresses(): ListenerAddress[] {
    return [...this.#opened.values()].map(({ spec, port }) => ({ listener: spec.id, host: spec.host, port }));
  }

  /** Rejects with {@link ListenError}; nothing of this listener is open then. */
  async open(spec: ListenerSpec, workers: readonly WorkerHandle[]): Promise<void> {
    const mode = this.#modeOf(spec);
    try {
      const opened = await (mode === 'passed' ? this.#openPassed(spec, workers) : openOn(spec, mode, workers));
      this.#opened.set(keyOf(spec), opened);
    } catch (error) {
      for (const worker of workers) worker.post({ type: 'close-listener', ...spec });
      throw new ListenError(spec, error);
    }
  }

  /** Opens on a new worker what it has not inherited. Rejects with {@link ListenError}. */
  async openMissing(worker: WorkerHandle, inherited: ReadonlySet<ListenerKey>): Promise<void> {
    for (const [key, { spec, mode, port }] of this.#opened) {
      if (inherited.has(key)) continue;
      if (mode === 'passed') {
        worker.post({ type: 'serve-passed', listener: spec });
        continue;
      }
      try {
        await worker.listen(spec, listenHost(spec), port, mode === 'shared');
      } catch (error) {
        throw new ListenError(spec, error);
      }
    }
  }

  /** Client connections of the process, beyond which accepting pauses. */
  setMaxConnections(max: number): void {
    this.#options.gate.max = max;
  }

  /** To be called now and then: a place may have become free in another thread. */
  checkLimit(): void {
    this.#options.gate.check();
  }

  update(spec: ListenerSpec, workers: readonly WorkerHandle[]): void {
    const opened = this.#opened.get(keyOf(spec));
    if (opened === undefined) return;
    opened.spec = spec;
    for (const worker of workers) worker.post({ type: 'update-listener', listener: spec });
  }

  close(listener: Pick<ListenerSpec, 'id' | 'host' | 'port'>, workers: readonly WorkerHandle[]): void {
    const { id, host, port } = listener;
    const opened = this.#opened.get(keyOf(listener));
    this.#opened.delete(keyOf(listener));
    this.#closePassing(opened?.passing ?? null);
    for (const worker of workers) worker.post({ type: 'close-listener', id, host, port });
  }

  /** Passes accepted sockets on, as long as a worker is there to take them. */
  passWaiting(): void {
    for (let worker = this.#leastLoaded(); worker !== null; worker = this.#leastLoaded()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      worker.pass(next);
    }
  }

  /** Whether a worker can listen while its predecessor still does. */
  get canOverlap(): boolean {
    return [...this.#opened.values()].every(({ mode }) => mode !== 'own');
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
      const options: ListenOptions = { host: listenHost(spec), port, reusePort: mode === 'shared' };
      const socket = await transport.listen(options, refuse).catch(() => null);
      if (socket !== null) resting.push({ listener: spec, handle: transport.release(socket) });
    }
    return resting;
  }

  /** Stops what the control plane accepts itself; the workers close their own. */
  closePassing(): void {
    for (const { socket } of this.#waiting.splice(0)) socket.destroy();
    for (const { passing } of this.#opened.values()) this.#closePassing(passing);
  }

  #closePassing(passing: Listener | null): void {
    if (passing === null) return;
    this.#options.gate.delete(passing);
    void passing.close();
  }

  #modeOf(spec: ListenerSpec): Opened['mode'] {
    const { threads } = this.#options;
    if (threads === 0 || (threads === 1 && !canReusePort)) return 'own';
    return threads > 1 && (spec.spread === 'even' || !canReusePort) ? 'passed' : 'shared';
  }

  async #openPassed(spec: ListenerSpec, workers: readonly WorkerHandle[]): Promise<Opened> {
    const { transport, gate } = this.#options;
    for (const worker of workers) worker.post({ type: 'serve-passed', listener: spec });
    const options: ListenOptions = { host: listenHost(spec), port: spec.port, reusePort: false };
    const passing = await transport.listenAndPass(options, (socket) => {
      this.#waiting.push({ type: 'connection', listener: keyOf(spec), socket });
      this.passWaiting();
      gate.check();
    });
    gate.add(passing);
    return { spec, mode: 'passed', port: passing.port, passing };
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

async function openOn(spec: ListenerSpec, mode: 'own' | 'shared', workers: readonly WorkerHandle[]): Promise<Opened> {
  const host = listenHost(spec);
  const [first, ...others] = workers;
  if (mode === 'shared' && spec.port !== 0) await requireFree(host, spec.port);
  const port = await first.listen(spec, host, spec.port, mode === 'shared');
  await Promise.all(others.map((worker) => worker.listen(spec, host, port, true)));
  return { spec, mode, port, passing: null };
}

function listenHost({ host }: ListenerSpec): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/**
 * With `reusePort` two programs of one user can listen on the same address and take each other's connections without
 * any error: so the address is first taken for ourselves alone, for a moment.
 */
async function requireFree(host: string, port: number): Promise<void> {
  const server = net.createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/** It is put to rest in the turn in which it begins to listen, and so accepts nothing. */
function refuse(): never {
  throw new Error('accepted a connection for a worker that is not there yet');
}
