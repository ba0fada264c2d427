/**
 * Who takes the place of a worker that ends, and its listening sockets.
 *
 * | word       | meaning                                                                                             |
 * | ---------- | --------------------------------------------------------------------------------------------------- |
 * | member     | a worker that makes up the set: it starts or serves; `threads` of them are wanted                   |
 * | guest      | a worker that has been started and is no member yet, or no more                                     |
 * | leaver     | a member that a reload sends away because fewer threads are wanted                                  |
 * | heir       | the worker that takes the place of one that ends                                                    |
 * | estate     | listening sockets that a worker has given away and nobody has taken yet                             |
 * | rest       | what a listening socket does in an estate: no thread accepts, connections wait in the kernel        |
 * | brief      | to give a worker the current snapshot                                                               |
 * | instate    | to make an heir ready and let it serve: briefed, then installed with its inheritance                |
 * | disinherit | to call the replacement of a worker off, and end the heir that has been started for it              |
 * | abandon    | to replace a worker no more, because too many have died; a neighbour takes its estate               |
 * | turns      | what changes snapshots, listeners and members, one after the other                                  |
 *
 * A listening socket is never closed while another data plane can take it:
 *
 * - A worker that ends on purpose gives its sockets to its replacement, which is ready by then.
 * - One that met an exception nobody caught gives them away at once; they rest, connections waiting in the kernel's
 *   backlog, until the replacement is there. Where too many have died for one, a neighbour takes them.
 * - One that loops takes its sockets with it; its replacement has its own by then.
 * - One whose thread is gone has taken its sockets with it. Where nobody else listens, the control plane opens the
 *   address at once and lets the sockets rest until the replacement is there.
 * - A unix socket cannot be given away: its next owner has one of its own before this one closes (`unix-listeners.ts`).
 */
import type { Clock } from '../../core/clock.ts';
import type { Listeners } from './listeners.ts';
import type { RestingListener } from '../shared/messages.ts';
import { ReplacementBudget } from './replacement-budget.ts';
import type { Roster } from './roster.ts';
import type { Turns } from './turns.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Something happened to a worker. `reason` is for the log. */
export interface WorkerChange {
  readonly worker: number;
  readonly change:
    /** It met an exception nobody caught, and drains. */
    | 'failed'
    /** Its thread ended without being asked. */
    | 'died'
    /** The watchdog ends it. */
    | 'looped'
    /** It has taken the place of one that ended. */
    | 'replaced'
    /** Too many have died: its place stays empty. */
    | 'abandoned';
  readonly reason: string;
}

export interface SuccessionOptions {
  readonly roster: Roster;
  readonly clock: Clock;
  /** Shared with whoever changes snapshots and listeners. */
  readonly turns: Turns;
  readonly listeners: () => Listeners;
  /** Gives a worker that has none the current snapshot; resolves when it works by it. */
  readonly brief: (worker: WorkerHandle) => Promise<void>;
  /** Ends a worker as soon as it is idle, at the latest after the drain time. */
  readonly endAfterDrain: (worker: WorkerHandle) => Promise<void>;
  /** Ends a worker now. */
  readonly stop: (worker: WorkerHandle) => Promise<void>;
  readonly onChange: (change: WorkerChange) => void;
}

export class Succession {
  readonly #options: SuccessionOptions;
  readonly #budget = new ReplacementBudget();
  /** Replacements that were started before their predecessor's end. */
  readonly #heirs = new Map<WorkerHandle, WorkerHandle>();
  #isClosed = false;
  /** Workers that have taken a place. */
  replaced = 0;
  /** Workers that failed, died or looped. */
  lost = 0;

  constructor(options: SuccessionOptions) {
    this.#options = options;
  }

  /** From now on nobody is replaced. */
  close(): void {
    this.#isClosed = true;
    for (const worker of this.#options.roster.all) closeEstate(worker);
  }

  /** Replaces one worker without losing a connection; resolves when the replacement serves. */
  async replace(worker: WorkerHandle): Promise<void> {
    const { roster, turns, brief, endAfterDrain, listeners } = this.#options;
    await this.#makeRoom();
    // Dead or sent away in the meantime. Once it has an heir, whoever takes its membership looks after that.
    if (!roster.members.has(worker)) return;
    const heir = roster.spawn();
    this.#heirs.set(worker, heir);
    try {
      await heir.ready();
    } catch (error) {
      // Sent away while its heir was starting, or all of them are: then there is nobody to replace.
      if (this.#isClosed || !roster.members.has(worker)) return;
      throw error;
    }
    await turns.take(async () => {
      // Dead in the meantime: the heir is in use already. Sent away: it has none any more.
      if (!roster.members.has(worker)) return;
      await brief(heir);
      await listeners().handOverSockets(worker, [heir]);
      await worker.release().catch(ignoreGone);
      if (!roster.members.delete(worker)) return;
      if (!this.#heirs.delete(worker)) {
        this.#say(heir, 'died', 'its thread ended before it could serve');
        void this.#succeed(worker);
        return;
      }
      heir.estate = worker.estate;
      worker.estate = [];
      await this.#install(heir);
    });
    void endAfterDrain(worker);
  }

  /** Replacements that have been started for workers that still serve. */
  get pending(): number {
    return this.#heirs.size;
  }

  /** It has been started for a worker that still serves. */
  isWaiting(heir: WorkerHandle): boolean {
    return [...this.#heirs.values()].includes(heir);
  }

  /** Nobody is to take a worker's place: its replacement, where one has been started, is not needed. */
  async disinherit(worker: WorkerHandle): Promise<void> {
    const heir = this.#heirs.get(worker);
    if (heir === undefined) return;
    this.#heirs.delete(worker);
    this.#options.roster.members.delete(heir);
    await heir.terminate();
  }

  /** Starts a worker that is no member yet; for want of a slot the oldest that drains ends. */
  async spawnGuest(): Promise<WorkerHandle> {
    await this.#makeRoom();
    return this.#options.roster.spawnGuest();
  }

  /** A member met an exception nobody caught; its listening sockets rest in its estate. */
  onFailed(worker: WorkerHandle, reason: string): void {
    const { roster, endAfterDrain } = this.#options;
    this.#say(worker, 'failed', reason);
    void endAfterDrain(worker);
    if (roster.members.delete(worker)) void this.#succeed(worker);
  }

  /** Listening sockets that were on their way to a worker when it failed, or left: the others take them. */
  passOn(sockets: readonly RestingListener[]): void {
    const { listeners, roster, turns } = this.#options;
    void turns.take(() => listeners().give(sockets, roster.serving));
  }

  /** The thread of a worker is gone, for whatever reason. */
  onGone(worker: WorkerHandle, reason: string): void {
    if (this.#forgetHeir(worker)) return;
    if (!this.#options.roster.members.delete(worker) || this.#isClosed) return;
    this.#say(worker, 'died', reason);
    void this.#succeed(worker);
  }

  /** An heir that went before it was needed: whom it was to replace still serves. */
  #forgetHeir(heir: WorkerHandle): boolean {
    for (const [worker, other] of this.#heirs) {
      if (other !== heir) continue;
      this.#heirs.delete(worker);
      this.#options.roster.members.delete(heir);
      return true;
    }
    return false;
  }

  /** The replacement serves before this one is ended, so that no moment passes without a listening socket. */
  async onLooping(worker: WorkerHandle): Promise<void> {
    const { roster, clock, listeners } = this.#options;
    if (this.#isClosed || !roster.members.delete(worker)) return;
    this.#say(worker, 'looped', 'its heartbeat stood still while it used the processor');
    this.lost++;
    this.#coverSockets();
    if (this.#budget.take(clock.now())) {
      const heir = this.#takeHeir(worker) ?? (await this.#createHeir());
      await heir.ready().catch(ignoreGone);
      if (!listeners().canOverlap(worker)) await worker.terminate();
      await this.#instate(heir);
    } else {
      this.#abandon(worker);
    }
    await worker.terminate();
  }

  /** Unix sockets that a worker has taken with it: one that still serves need not wait for the replacement. */
  #coverSockets(): void {
    const { turns, listeners, roster } = this.#options;
    void turns.take(() => listeners().coverSockets(roster.serving));
  }

  async #succeed(worker: WorkerHandle): Promise<void> {
    if (this.#isClosed) return;
    this.lost++;
    this.#coverSockets();
    if (!this.#budget.take(this.#options.clock.now())) {
      this.#abandon(worker);
      return;
    }
    const heir = this.#takeHeir(worker) ?? (await this.#createHeir());
    heir.estate = worker.estate;
    worker.estate = [];
    await this.#instate(heir);
  }

  /** Resolves when a new worker serves, or is gone as well. */
  async #instate(heir: WorkerHandle): Promise<void> {
    const { roster, turns, brief, listeners } = this.#options;
    try {
      if (heir.estate.length === 0) {
        const opened = await listeners().openToRest();
        // Gone or sent away meanwhile.
        if (!roster.members.has(heir)) {
          this.passOn(opened);
          return;
        }
        heir.estate = opened;
      }
      await heir.ready();
      await turns.take(async () => {
        if (!roster.members.has(heir)) return;
        await brief(heir);
        await this.#install(heir);
      });
    } catch (error) {
      // Gone again: `onGone` looks after it. Anything else, and it cannot serve, which is the same to us.
      await heir.terminate(String(error));
    }
  }

  /** Lets a new worker serve: with its inheritance, and listening sockets of its own for the rest. */
  async #install(worker: WorkerHandle): Promise<void> {
    const { estate } = worker;
    worker.estate = [];
    await this.#options.listeners().admit(worker, estate, this.#options.roster.serving);
    worker.serve();
    this.#options.listeners().passWaiting();
    this.replaced++;
    this.#say(worker, 'replaced', '');
  }

  /** One that has been started already, or a new one. With room nobody waits: the set must not look empty meanwhile. */
  #takeHeir(worker: WorkerHandle): WorkerHandle | null {
    const { roster } = this.#options;
    const heir = this.#heirs.get(worker);
    this.#heirs.delete(worker);
    return heir ?? (roster.hasRoom ? roster.spawn() : null);
  }

  async #createHeir(): Promise<WorkerHandle> {
    await this.#makeRoom();
    return this.#options.roster.spawn();
  }

  async #makeRoom(): Promise<void> {
    const { roster, stop } = this.#options;
    while (!roster.hasRoom) {
      const oldest = roster.oldestLeaving;
      if (oldest === null) break;
      await stop(oldest);
    }
  }

  /** A neighbour takes what listens, where there is one. */
  #abandon(worker: WorkerHandle): void {
    this.#say(worker, 'abandoned', 'more than five workers have died within a minute: none is replaced any more');
    void this.disinherit(worker);
    if (this.#options.roster.serving.length === 0) closeEstate(worker);
    const { estate } = worker;
    worker.estate = [];
    this.passOn(estate);
  }

  #say(worker: WorkerHandle, change: WorkerChange['change'], reason: string): void {
    this.#options.onChange({ worker: worker.slot, change, reason });
  }
}

function closeEstate(worker: WorkerHandle): void {
  for (const { handle } of worker.estate) handle.close();
  worker.estate = [];
}
