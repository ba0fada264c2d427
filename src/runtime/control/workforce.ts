/**
 * How many workers there are. More: new ones work by the current snapshot and have their listening sockets before they
 * count. Fewer: those that leave give their listening sockets to the others and let their clients finish.
 */
import type { Listeners } from './listeners.ts';
import type { Roster } from './roster.ts';
import type { Succession } from './succession.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle, WorkerState } from './worker-handle.ts';

/** A member that drains has failed, and is replaced as soon as it has given its listening sockets away. */
const LEAVE_FIRST: readonly WorkerState[] = ['draining', 'starting', 'serving'];

export interface WorkforceOptions {
  readonly roster: Roster;
  readonly succession: Succession;
  readonly listeners: () => Listeners;
  /** Gives a worker that has none the current snapshot; resolves when it works by it. */
  readonly brief: (worker: WorkerHandle) => Promise<void>;
  /** Ends a worker as soon as it is idle, at the latest after the drain time. */
  readonly endAfterDrain: (worker: WorkerHandle) => Promise<void>;
}

export class Workforce {
  readonly #options: WorkforceOptions;

  constructor(options: WorkforceOptions) {
    this.#options = options;
  }

  /** Starts what is missing for `count`. They belong to nobody yet. Rejects where one cannot start; then none is left. */
  async prepare(count: number): Promise<readonly WorkerHandle[]> {
    const { succession } = this.#options;
    const newcomers: WorkerHandle[] = [];
    try {
      for (let missing = count - this.#size; missing > 0; missing--) newcomers.push(await succession.spawnGuest());
      await Promise.all(newcomers.map((worker) => worker.ready()));
    } catch (error) {
      await this.discard(newcomers);
      throw error;
    }
    return newcomers;
  }

  /** Ends those that are not needed after all. */
  async discard(newcomers: readonly WorkerHandle[]): Promise<void> {
    await Promise.all(newcomers.map((worker) => worker.terminate()));
  }

  /** Lets prepared workers serve. One that cannot is replaced as if it had died. */
  async admit(newcomers: readonly WorkerHandle[]): Promise<void> {
    const { roster, succession, brief, listeners } = this.#options;
    for (const worker of newcomers) {
      roster.members.add(worker);
      if (worker.state === 'gone') {
        succession.onGone(worker, 'its thread ended before it could serve');
        continue;
      }
      try {
        await brief(worker);
        await listeners().admit(worker, [], roster.serving);
        worker.serve();
        listeners().passWaiting();
      } catch (error) {
        await worker.terminate(String(error));
      }
    }
  }

  /**
   * Takes out who leaves so that only `count` are left: first who has failed, then who has yet to begin, then the
   * youngest, who have the fewest clients to wait for. They serve until they are dismissed, but who dies on the way out
   * is not replaced.
   */
  takeLeavers(count: number): readonly WorkerHandle[] {
    const { roster, succession } = this.#options;
    // An heir whose predecessor still serves goes with that one.
    const youngest = [...roster.members].filter((worker) => !succession.isWaiting(worker)).toReversed();
    const inOrder = LEAVE_FIRST.flatMap((state) => youngest.filter((worker) => worker.state === state));
    const leavers = inOrder.slice(0, Math.max(0, this.#size - count));
    for (const worker of leavers) roster.members.delete(worker);
    return leavers;
  }

  /** Sends those that were taken out away. Resolves when others have their listening sockets; their clients have the drain time. */
  async dismiss(leavers: readonly WorkerHandle[]): Promise<void> {
    const { roster, succession, listeners, endAfterDrain } = this.#options;
    for (const worker of leavers) await succession.disinherit(worker);
    const starting = leavers.filter(({ state }) => state === 'starting');
    const others = leavers.filter((worker) => !starting.includes(worker));
    for (const worker of others) await listeners().handOverSockets(worker, roster.serving);
    await Promise.all(others.map((worker) => worker.release().catch(ignoreGone)));
    const estates = leavers.flatMap((worker) => worker.estate);
    for (const worker of leavers) worker.estate = [];
    await listeners().give(estates, roster.serving);
    for (const worker of starting) void worker.terminate();
    for (const worker of others) void endAfterDrain(worker);
  }

  /** Those that serve or will; of a worker that is being replaced and its heir, one. */
  get #size(): number {
    return this.#options.roster.members.size - this.#options.succession.pending;
  }
}
