/**
 * Looks now and then whether files have changed, and says so once they stand still: programs write a certificate and its
 * key one after the other.
 */
import { SETTLE_MS, WATCH_MS } from '../../certificates/watch.ts';
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';

/** Files are read then, whether they stand still or not. */
const MOST_LOOKS = WATCH_MS / SETTLE_MS;

export interface FileWatchOptions {
  readonly scheduler: Scheduler;
  /** What the system says of the files now: another text where one has changed. */
  stamp(): Promise<string>;
  /** The same of when they were last read. */
  known(): string;
  /** They are to be read again even if they are the same. */
  isDue(): boolean;
  /** They are to be read, in the caller's turn; then the watch is to be begun anew. */
  onStale(): void;
}

export class FileWatch {
  readonly #options: FileWatchOptions;
  #cancel: Cancel | null = null;
  /** Of the looks: whoever still waits for an earlier one has nothing to say. */
  #round = 0;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  begin(): void {
    const options = this.#options;
    this.#lookIn(WATCH_MS, (stamp) => {
      if (stamp !== options.known()) this.#settleDown(stamp);
      else if (options.isDue()) options.onStale();
      else this.begin();
    });
  }

  end(): void {
    this.#round++;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Until nothing changes any more; of a file that changes all the time nobody waits for the end. */
  #settleDown(before: string, looks = 1): void {
    this.#lookIn(SETTLE_MS, (stamp) => {
      if (stamp === before || looks === MOST_LOOKS) this.#options.onStale();
      else this.#settleDown(stamp, looks + 1);
    });
  }

  #lookIn(delayMs: number, judge: (stamp: string) => void): void {
    this.end();
    const round = this.#round;
    this.#cancel = this.#options.scheduler.after(delayMs, () => {
      void this.#options.stamp().then((stamp) => {
        if (round === this.#round) judge(stamp);
      });
    });
  }
}
