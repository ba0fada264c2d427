/** The data planes of the process: started, kept on the current snapshot, watched, drained and ended together. */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import { diffSnapshots } from '../../config/diff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Operation } from '../../core/operations.ts';
import type { PoolSpec, Snapshot } from '../../core/snapshot.ts';
import type { Confirmation } from './compile.ts';
import type { Listeners, PreparedChange } from './listeners.ts';
import type { Challenges } from '../shared/challenges.ts';
import type { TlsMaterials } from '../shared/tls-material.ts';
import type { ToWorker, WorkerStart } from '../shared/messages.ts';
import { MAIN_THREAD } from './reports.ts';
import type { TakeReport } from './reports.ts';
import { Roster } from './roster.ts';
import type { WorkerLoad } from './roster.ts';
import { Succession } from './succession.ts';
import type { WorkerChange } from './succession.ts';
import type { ThreadTable } from '../shared/thread-table.ts';
import { Turns } from './turns.ts';
import type { SocketChange } from './unix-listeners.ts';
import { WATCH_MS, Watchdog } from './watchdog.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { CreateLink } from './worker-link.ts';
import { Workforce } from './workforce.ts';

/** A worker that is to end and does not say so by then loops, or hangs: its thread is ended without asking. */
const STOP_MS = 1000;
/** A worker that drains has clients that go by its snapshot; one that is silent for so long serves none of them. */
const CONFIRM_MS = 5000;

export interface WorkerSetEvents {
  onAtLimit(connections: number): void;
  onChange(change: WorkerChange): void;
  onSocketChange(change: SocketChange): void;
  /** A thread is gone: what it held in the shared tables is to be given back. */
  onSlotLeft(slot: number): void;
  /** No data plane is left, and none will come. */
  onExhausted(): void;
}

export interface WorkerSetOptions {
  /** At least 1. */
  readonly count: number;
  /** More than these there is no room for in the shared tables. */
  readonly mostThreads: number;
  /** Threads of their own: they can loop, and be gone. The caller's cannot. */
  readonly isThreaded: boolean;
  readonly table: ThreadTable;
  readonly takeReport: TakeReport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly createLink: CreateLink;
  /** All of what a thread is started with but its slot. */
  readonly start: Omit<WorkerStart, 'worker'>;
  readonly events: WorkerSetEvents;
}

/** What a change of config needs, at hand. */
export interface Preparation {
  readonly listeners: PreparedChange;
  /** Threads that have been started and belong to nobody yet. */
  readonly newcomers: readonly WorkerHandle[];
}

export class WorkerSet {
  readonly #options: WorkerSetOptions;
  /** Set once, before the start; the two need each other. */
  listeners!: Listeners;
  readonly #roster: Roster;
  readonly #succession: Succession;
  readonly #workforce: Workforce;
  readonly #watchdog: Watchdog<WorkerHandle>;
  /** Snapshots and replacements take turns. */
  readonly #turns = new Turns();
  /** A worker has one heir at a time. */
  readonly #replacements = new Turns();
  #snapshot: Snapshot | null = null;
  /** What TLS is spoken with; null: nobody ever did. */
  #materials: TlsMaterials | null = null;
  /** What authorities are answered; null: none has ever come. */
  #challenges: Challenges | null = null;
  #challengeCount = 0;
  /** What every data plane is told before its first snapshot, the last of each kind. */
  readonly #standing = new Map<ToWorker['type'], ToWorker>();
  #cancelWatch: Cancel | null = null;
  #isClosing = false;
  #isCovering = false;

  constructor(options: WorkerSetOptions) {
    this.#options = options;
    const { events, clock } = options;
    this.#roster = new Roster(options, {
      onAtLimit: (_from, connections) => events.onAtLimit(connections),
      onLateSockets: (_from, sockets) => this.#succession.passOn(sockets),
      onFailed: (from, reason) => this.#succession.onFailed(from, reason),
      onGone: (from, reason) => this.#onGone(from, reason),
    });
    this.#succession = new Succession({
      roster: this.#roster,
      clock,
      turns: this.#turns,
      listeners: () => this.listeners,
      brief: (worker) => this.#brief(worker),
      endAfterDrain: (worker) => this.#endAfterDrain(worker),
      stop: (worker) => this.#stop(worker),
      onChange: (change) => events.onChange(change),
    });
    this.#workforce = new Workforce({
      roster: this.#roster,
      succession: this.#succession,
      listeners: () => this.listeners,
      brief: (worker) => this.#brief(worker),
      endAfterDrain: (worker) => this.#endAfterDrain(worker),
    });
    this.#watchdog = new Watchdog(clock, (worker) => void this.#succession.onLooping(worker));
  }

  /** Data planes that accept connections. */
  get serving(): readonly WorkerHandle[] {
    return this.#roster.serving;
  }

  /** What all data planes have said of the snapshots they were given. */
  get confirmed(): Confirmation {
    return { version: this.#roster.confirmed, heldRoutes: this.#roster.heldRoutes };
  }

  /** Slots whose workers count in the tables of the last snapshot, or those before. */
  get countingSlots(): ReadonlySet<number> {
    return this.#roster.countingSlots;
  }

  /** More than these there is no room for in the shared tables. */
  get mostThreads(): number {
    return this.#options.mostThreads;
  }

  load(): WorkerLoad & { readonly lost: number; readonly replaced: number } {
    const { lost, replaced } = this.#succession;
    return { ...this.#roster.load(), lost, replaced };
  }

  /** Starts the first data planes. Rejects where one cannot start. */
  async start(): Promise<void> {
    const workers = Array.from({ length: this.#options.count }, () => this.#roster.spawn());
    await Promise.all(workers.map((worker) => worker.ready()));
    for (const worker of workers) worker.serve();
    if (this.#options.isThreaded) this.#watch();
  }

  /**
   * Gets ready all that a change of config needs and that can fail: listening sockets, threads. Nothing has changed
   * then. Rejects with `ListenError`, or with why a thread cannot start.
   */
  async prepare(operations: readonly Operation[], threads: number): Promise<Preparation> {
    const listeners = await this.listeners.prepare(operations, threads);
    try {
      return { listeners, newcomers: await this.#workforce.prepare(Math.max(1, threads)) };
    } catch (error) {
      this.listeners.discard(listeners);
      throw error;
    }
  }

  /** Ends what was made ready for a change that does not come. */
  async discard({ listeners, newcomers }: Preparation): Promise<void> {
    this.listeners.discard(listeners);
    await this.#workforce.discard(newcomers);
  }

  /**
   * Brings every data plane to this snapshot; resolves when all have confirmed it and listen as it says. One that drains
   * and says nothing for {@link CONFIRM_MS} is not waited for any longer.
   */
  async commit(snapshot: Snapshot, operations: readonly Operation[], preparation: Preparation): Promise<void> {
    let drained: Promise<unknown> = Promise.resolve();
    await this.#turns.take(async () => {
      const isFirst = this.#snapshot === null;
      this.#snapshot = snapshot;
      this.listeners.setMaxConnections(snapshot.settings.maxConnections);
      const told = [...this.#roster.all].filter((worker) => worker.hasSnapshot || isFirst);
      const confirmed = told.map((worker) => this.#apply(worker, snapshot, operations).catch(ignoreGone));
      await Promise.all(confirmed.filter((_one, index) => this.#roster.members.has(told[index])));
      await this.#commitThreads(snapshot.threads, operations, preparation);
      drained = Promise.all(confirmed);
    });
    // Outside of the turn: whoever is to be replaced need not wait for those that drain.
    await this.#within(CONFIRM_MS, drained);
  }

  /** The same for one that differs from the last only in these pools. */
  refresh(snapshot: Snapshot, pools: readonly PoolSpec[], operations: readonly Operation[]): Promise<void> {
    return this.#turns.take(async () => {
      this.#snapshot = snapshot;
      const told = [...this.#roster.all].filter((worker) => worker.hasSnapshot);
      const confirmed = told.map((worker) => worker.refresh(snapshot.version, pools, operations).catch(ignoreGone));
      await Promise.all(confirmed.filter((_one, index) => this.#roster.members.has(told[index])));
    });
  }

  async #commitThreads(
    threads: number,
    operations: readonly Operation[],
    { listeners, newcomers }: Preparation,
  ): Promise<void> {
    const leavers = this.#workforce.takeLeavers(Math.max(1, threads));
    await this.listeners.setThreads(threads, this.serving);
    await this.#workforce.admit(newcomers);
    const listening = leavers.filter(({ state }) => state !== 'starting');
    await this.listeners.commit(listeners, operations, [...this.serving, ...listening]);
    await this.#workforce.dismiss(leavers);
  }

  /** What TLS is spoken with from now on, in every data plane and in those that come. */
  certify(materials: TlsMaterials): void {
    this.#materials = materials;
    this.tell({ type: 'certify', materials });
  }

  /** What authorities are answered from now on. Resolves when those that accept connections do. */
  async challenge(challenges: Challenges): Promise<void> {
    this.#challenges = challenges;
    const number = ++this.#challengeCount;
    const told = [...this.#roster.members].filter((worker) => worker.hasSnapshot);
    const answers = told.map((worker) => worker.challenge(number, challenges).catch(ignoreGone));
    await this.#within(CONFIRM_MS, Promise.all(answers));
  }

  /** The same, and those that come before anything else. */
  tellFirst(message: ToWorker): void {
    this.#standing.set(message.type, message);
    this.tell(message);
  }

  /** Rows of ledgers and stripes in every table. */
  get workerSlots(): number {
    return this.#options.table.handle.workerSlots;
  }

  /** Tells every data plane that has a snapshot, those that drain as well. */
  tell(message: ToWorker): void {
    for (const worker of this.#roster.all) if (worker.hasSnapshot) worker.post(message);
  }

  /** Replaces all that serve, or those of them that are given, one after another, without losing a connection. Two calls take turns. */
  replaceAll(given: readonly WorkerHandle[] | null = null): Promise<void> {
    return this.#replacements.take(async () => {
      for (const worker of given ?? this.serving)
        if (worker.state === 'serving') await this.#succession.replace(worker);
    });
  }

  /** Closes the listening sockets and lets every client finish, for at most the drain time; then all are gone. */
  async drain(): Promise<void> {
    const passing = this.listeners.passBacklog();
    if (passing !== null) await passing;
    this.#beginClosing();
    const workers = [...this.#roster.all];
    for (const worker of workers) if (worker.state === 'serving') worker.drain();
    await Promise.all(
      workers.map((worker) => (worker.state === 'starting' ? worker.terminate() : this.#endAfterDrain(worker))),
    );
  }

  /** Resets what is left, now. */
  async stop(): Promise<void> {
    this.#beginClosing();
    await Promise.all([...this.#roster.all].map((worker) => this.#stop(worker)));
  }

  #beginClosing(): void {
    this.#isClosing = true;
    this.#cancelWatch?.();
    this.#succession.close();
    this.listeners.closePassing();
  }

  /** An exception in the control plane's own transport. */
  reportFault(error: unknown): void {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    this.#options.takeReport(MAIN_THREAD, { type: 'fault', message, stack });
  }

  // ———

  async #brief(worker: WorkerHandle): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot !== null && !worker.hasSnapshot) await this.#apply(worker, snapshot, diffSnapshots(null, snapshot));
  }

  #apply(worker: WorkerHandle, snapshot: Snapshot, operations: readonly Operation[]): Promise<unknown> {
    if (!worker.hasSnapshot) for (const message of this.#standing.values()) worker.post(message);
    if (!worker.hasSnapshot && this.#materials !== null) {
      worker.post({ type: 'certify', materials: this.#materials });
      if (this.#challenges !== null) void worker.challenge(this.#challengeCount, this.#challenges).catch(ignoreGone);
    }
    return worker.apply(snapshot, operations);
  }

  async #endAfterDrain(worker: WorkerHandle): Promise<void> {
    await this.#within(this.#snapshot?.settings.timeouts.drainMs ?? 0, worker.idle());
    await this.#stop(worker);
  }

  async #stop(worker: WorkerHandle): Promise<void> {
    await this.#within(STOP_MS, worker.stop());
    await worker.terminate();
  }

  async #within(ms: number, task: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#options.scheduler.after(ms, () => late.resolve(undefined));
    await Promise.race([task, late.promise]);
    cancel();
  }

  #onGone(worker: WorkerHandle, reason: string): void {
    const { table, events, isThreaded } = this.#options;
    this.#roster.all.delete(worker);
    table.clear(worker.slot);
    if (isThreaded) events.onSlotLeft(worker.slot);
    this.#succession.onGone(worker, reason);
    if (!this.#isClosing && this.#roster.all.size === 0) events.onExhausted();
  }

  /** What could not be opened may be possible by now. */
  #coverSockets(): void {
    if (!this.listeners.hasLostSockets || this.#isCovering) return;
    this.#isCovering = true;
    void this.#turns
      .take(() => this.listeners.coverSockets(this.serving))
      .finally(() => {
        this.#isCovering = false;
      });
  }

  #watch(): void {
    this.#watchdog.look(this.serving);
    this.listeners.checkLimit();
    this.#coverSockets();
    this.#cancelWatch = this.#options.scheduler.after(WATCH_MS, () => this.#watch());
  }
}
