/**
 * The data planes of the process: starts them, keeps each on the current snapshot, replaces those that end, and
 * hands their listening sockets on. A listening socket is never closed while another data plane can take it:
 *
 * - A worker that ends on purpose gives its sockets to its replacement, which is ready by then.
 * - One that met an exception nobody caught gives them away at once; they rest, connections waiting in the kernel's
 *   backlog, until the replacement is there. With too many deaths in a minute a neighbour takes them.
 * - One that loops, or whose thread is gone, takes its sockets with it: the replacement listens anew.
 */
import { diffSnapshots } from '../config/diff.ts';
import type { Cancel, Scheduler } from '../checks/scheduler.ts';
import type { Clock } from '../core/clock.ts';
import type { Operation } from '../core/operations.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { DataPlaneReport } from './data-plane-api.ts';
import { keyOf } from './listener-key.ts';
import type { Listeners } from './listeners.ts';
import type { WorkerStart } from './messages.ts';
import { ReplacementBudget } from './replacement-budget.ts';
import type { ThreadTable } from './thread-table.ts';
import { WATCH_MS, Watchdog } from './watchdog.ts';
import { WorkerGone, WorkerHandle } from './worker-handle.ts';
import type { CreateLink } from './worker-link.ts';

/** Something happened to a worker. `reason` is for the log. */
export interface WorkerChange {
  readonly worker: number;
  readonly change:
    /** It met an exception nobody caught, and drains. */
    | 'failed'
    /** Its thread ended without being asked. */
    | 'died'
    /** The watchdog has ended it. */
    | 'looped'
    /** It has taken the place of one that ended. */
    | 'replaced'
    /** Too many have died: its place stays empty. */
    | 'abandoned';
  readonly reason: string;
}

export interface WorkerSetEvents {
  onReport(from: { readonly slot: number }, report: DataPlaneReport): void;
  onAtLimit(connections: number): void;
  onChange(change: WorkerChange): void;
  /** A thread is gone: what it held in the shared tables is to be given back. */
  onSlotLeft(slot: number): void;
  /** No data plane is left, and none will come. */
  onExhausted(): void;
}

export interface WorkerSetOptions {
  /** At least 1. */
  readonly count: number;
  /** Threads of their own: they can loop, and be gone. The caller's cannot. */
  readonly isThreaded: boolean;
  readonly table: ThreadTable;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly createLink: CreateLink;
  /** All of what a thread is started with but its slot. */
  readonly start: Omit<WorkerStart, 'worker'>;
  readonly events: WorkerSetEvents;
}

export class WorkerSet {
  readonly #options: WorkerSetOptions;
  /** Set once, before the start; the two need each other. */
  listeners!: Listeners;
  /** All that are not gone, draining ones too. */
  readonly #all = new Set<WorkerHandle>();
  /** Those that make up the set: starting or serving. */
  readonly #members = new Set<WorkerHandle>();
  /** Replacements that were started before their predecessor's end. */
  readonly #heirs = new Map<WorkerHandle, WorkerHandle>();
  readonly #budget = new ReplacementBudget();
  readonly #watchdog: Watchdog<WorkerHandle>;
  #cancelWatch: Cancel | null = null;
  #snapshot: Snapshot | null = null;
  /** Snapshots and replacements take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #isClosing = false;
  replaced = 0;
  lost = 0;

  constructor(options: WorkerSetOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog(options.clock, (worker) => void this.#endLooping(worker));
  }

  /** Data planes that accept connections. */
  get serving(): WorkerHandle[] {
    return [...this.#members].filter((worker) => worker.state === 'serving');
  }

  /** The snapshot that every data plane has confirmed, or a later one. */
  get confirmed(): number {
    return Math.min(...[...this.#all].filter((worker) => worker.hasSnapshot).map(({ confirmed }) => confirmed));
  }

  /** Starts the first data planes. Rejects where one cannot start. */
  async start(): Promise<void> {
    const workers = Array.from({ length: this.#options.count }, () => this.#spawn());
    await Promise.all(workers.map((worker) => worker.ready()));
    if (this.#options.isThreaded) this.#watch();
  }

  /** Brings every data plane to this snapshot; resolves when all have confirmed it. Rejects with {@link ListenError}. */
  apply(snapshot: Snapshot, operations: readonly Operation[]): Promise<void> {
    return this.#inTurn(async () => {
      const isFirst = this.#snapshot === null;
      this.#snapshot = snapshot;
      this.listeners.setMaxConnections(snapshot.maxConnections);
      const told = [...this.#all].filter((worker) => worker.hasSnapshot || isFirst);
      await Promise.all(told.map((worker) => worker.apply(snapshot, operations).catch(ignoreGone)));
      for (const operation of operations) await this.#applyToListeners(operation);
    });
  }

  /** Replaces one worker without losing a connection; resolves when the replacement serves. */
  async replace(worker: WorkerHandle): Promise<void> {
    const heir = this.#spawn();
    await heir.ready();
    await this.#inTurn(async () => {
      await this.#brief(heir);
      await worker.release();
      this.#members.delete(worker);
      heir.estate = worker.estate;
      await this.#install(heir);
    });
    void this.#endAfterDrain(worker);
  }

  /** Replaces all that serve now, one after another. */
  async replaceAll(): Promise<void> {
    for (const worker of this.serving) if (worker.state === 'serving') await this.replace(worker);
  }

  /** How much there is of everything now. */
  load(): { serving: number; connections: number; exchanges: number } {
    const { table } = this.#options;
    const workers = [...this.#all];
    return {
      serving: this.serving.length,
      connections: table.totalConnections(),
      exchanges: workers.reduce((sum, { slot }) => sum + table.exchanges(slot), 0),
    };
  }

  /** An exception in the control plane's own transport. */
  reportFault(error: unknown): void {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    this.#options.events.onReport({ slot: -1 }, { type: 'fault', message, stack });
  }

  /** Closes the listening sockets and lets every client finish, for at most the drain time; then all are gone. */
  async drain(): Promise<void> {
    this.#beginClosing();
    const workers = [...this.#all];
    for (const worker of workers) {
      if (worker.state === 'serving') worker.drain();
    }
    await Promise.all(
      workers.map((worker) => (worker.state === 'starting' ? worker.terminate() : this.#endAfterDrain(worker))),
    );
  }

  /** Resets what is left, now. */
  async stop(): Promise<void> {
    this.#beginClosing();
    await Promise.all([...this.#all].map((worker) => worker.stop()));
  }

  #beginClosing(): void {
    this.#isClosing = true;
    this.#cancelWatch?.();
    this.listeners.closePassing();
  }

  // ——— one worker's life

  #spawn(): WorkerHandle {
    const { table, start, createLink, events } = this.#options;
    const taken = new Set([...this.#all].map(({ slot }) => slot));
    const slot = Array.from({ length: table.handle.workerSlots }, (_none, index) => index).find((i) => !taken.has(i));
    if (slot === undefined) throw new Error('no worker slot is free');
    const worker = new WorkerHandle({ ...start, worker: slot }, table, createLink, {
      onReport: (from, report) => events.onReport(from, report),
      onAtLimit: (_from, connections) => events.onAtLimit(connections),
      onFailed: (from, reason) => this.#onFailed(from, reason),
      onGone: (from, reason) => this.#onGone(from, reason),
    });
    this.#all.add(worker);
    this.#members.add(worker);
    return worker;
  }

  /** Gives a new worker the current snapshot. */
  async #brief(worker: WorkerHandle): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot !== null) await worker.apply(snapshot, diffSnapshots(null, snapshot));
  }

  /** Lets a new worker serve: with its inheritance, and listening sockets of its own for the rest. */
  async #install(worker: WorkerHandle): Promise<void> {
    const { estate } = worker;
    worker.estate = [];
    if (estate.length > 0) await worker.inherit(estate);
    await this.listeners.openMissing(worker, new Set(estate.map(({ listener }) => keyOf(listener))));
    this.replaced++;
    this.#say(worker, 'replaced', '');
  }

  async #endAfterDrain(worker: WorkerHandle): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.scheduler.after(this.#snapshot?.timeouts.drainMs ?? 0, resolve);
    await Promise.race([worker.idle(), promise]);
    cancel();
    await worker.stop();
  }

  // ——— deaths

  #onFailed(worker: WorkerHandle, reason: string): void {
    this.#say(worker, 'failed', reason);
    void this.#endAfterDrain(worker);
    if (this.#members.delete(worker)) void this.#succeed(worker);
  }

  #onGone(worker: WorkerHandle, reason: string): void {
    this.#all.delete(worker);
    this.#options.table.clear(worker.slot);
    if (this.#options.isThreaded) this.#options.events.onSlotLeft(worker.slot);
    if (this.#members.delete(worker)) {
      if (!this.#isClosing) this.#say(worker, 'died', reason);
      void this.#succeed(worker);
    }
    this.#reportExhaustion();
  }

  /** Boots the replacement first, so that the address is without a listening socket for as short as possible. */
  async #endLooping(worker: WorkerHandle): Promise<void> {
    this.#say(worker, 'looped', 'its heartbeat stood still for a second while it burnt the processor');
    if (!this.#budget.isSpent && !this.#isClosing) {
      const heir = this.#spawn();
      this.#heirs.set(worker, heir);
      await heir.ready().catch(ignoreGone);
    }
    await worker.terminate('looped');
  }

  async #succeed(worker: WorkerHandle): Promise<void> {
    if (this.#isClosing) return;
    this.lost++;
    if (!this.#budget.take(this.#options.clock.now())) {
      this.#abandon(worker);
      return;
    }
    const heir = this.#heirs.get(worker) ?? this.#spawn();
    this.#heirs.delete(worker);
    heir.estate = worker.estate;
    try {
      await heir.ready();
      await this.#inTurn(async () => {
        await this.#brief(heir);
        await this.#install(heir);
      });
    } catch (error) {
      // Gone again: `onGone` looks after it. Anything else and it cannot serve, which is the same to us.
      await heir.terminate(String(error));
    }
  }

  /** A neighbour takes what listens; who there is without one. */
  #abandon(worker: WorkerHandle): void {
    this.#say(worker, 'abandoned', 'more than five workers have died within a minute: none is replaced any more');
    const [neighbour] = this.serving;
    if (neighbour === undefined) for (const { handle } of worker.estate) handle.close();
    else if (worker.estate.length > 0) void neighbour.inherit(worker.estate).catch(ignoreGone);
    worker.estate = [];
    this.#reportExhaustion();
  }

  #reportExhaustion(): void {
    if (!this.#isClosing && this.#all.size === 0) this.#options.events.onExhausted();
  }

  #say(worker: WorkerHandle, change: WorkerChange['change'], reason: string): void {
    this.#options.events.onChange({ worker: worker.slot, change, reason });
  }

  // ———

  #watch(): void {
    this.#watchdog.look(this.serving);
    this.listeners.checkLimit();
    this.#cancelWatch = this.#options.scheduler.after(WATCH_MS, () => this.#watch());
  }

  async #applyToListeners(operation: Operation): Promise<void> {
    switch (operation.op) {
      case 'open-listener':
        return this.listeners.open(operation.listener, this.serving);
      case 'update-listener':
        return this.listeners.update(operation.listener, this.serving);
      case 'close-listener':
        return this.listeners.close(operation, this.serving);
      default:
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** A worker that goes away is looked after where its end is heard of. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof WorkerGone)) throw error;
}
