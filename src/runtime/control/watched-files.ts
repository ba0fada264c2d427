/**
 * What listeners, or pools, have of files: watched, read again when these change, and all of it once a day, since what is
 * about to expire is said until it is renewed.
 */
import type { Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import { FileWatch } from './file-watch.ts';

const DAY_MS = 86_400_000;

export interface WatchedFilesOptions<T> {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** What the system says of its files now: another text where one has changed. */
  stampOf(one: T): Promise<string>;
  /** Reads its files. Returns what it has from then on: as before, but for the stamp, where they cannot be used. */
  readAgain(one: T): Promise<T>;
  /** Files have changed and stand still now: {@link WatchedFiles.refresh} is wanted, in its turn. */
  onStale(): void;
}

/** `stamp`: of the files as they were when they were last read, whether they could be used or not. */
export class WatchedFiles<T extends { readonly id: string; readonly stamp: string }> {
  readonly #options: WatchedFilesOptions<T>;
  readonly #watch: FileWatch;
  #all: ReadonlyMap<string, T> = new Map();
  /** Monotonic: clocks of machines jump. */
  #readAt = 0;
  #isClosed = false;

  constructor(options: WatchedFilesOptions<T>) {
    this.#options = options;
    this.#watch = new FileWatch({
      scheduler: options.scheduler,
      stamp: () => this.#stamp(),
      known: () => [...this.#all.values()].map(({ stamp }) => stamp).join('\n\n'),
      isDue: () => this.#isDue,
      onStale: () => options.onStale(),
    });
  }

  /** By their ids. */
  get all(): ReadonlyMap<string, T> {
    return this.#all;
  }

  /** All files are read now, and what there is to say of them is said. */
  noteRead(): void {
    this.#readAt = this.#options.clock.now();
  }

  /** From now on it is these that are watched. */
  settle(all: ReadonlyMap<string, T>): void {
    this.#all = all;
    this.lookAgain();
  }

  /** Reads what has changed since it was last read; once a day everything. Null: closed meanwhile. */
  async refresh(): Promise<ReadonlyMap<string, T> | null> {
    const isDue = this.#isDue;
    if (isDue) this.noteRead();
    const refreshed = new Map<string, T>();
    for (const before of this.#all.values()) {
      const isSame = !isDue && (await this.#options.stampOf(before)) === before.stamp;
      refreshed.set(before.id, isSame ? before : await this.#options.readAgain(before));
    }
    return this.#isClosed ? null : refreshed;
  }

  /** Goes on watching, also after a {@link refresh} that failed. */
  lookAgain(): void {
    if (this.#all.size > 0) this.#watch.begin();
    else this.#watch.end();
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.end();
  }

  get #isDue(): boolean {
    return this.#options.clock.now() - this.#readAt >= DAY_MS;
  }

  async #stamp(): Promise<string> {
    const stamps: string[] = [];
    for (const one of this.#all.values()) stamps.push(await this.#options.stampOf(one));
    return stamps.join('\n\n');
  }
}
