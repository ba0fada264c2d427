/** Changes that come often, and need not take effect one by one: the first at once, then together every 200 ms. */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';

const APART_MS = 200;

export class Refresher {
  readonly #scheduler: Scheduler;
  readonly #refresh: (pools: ReadonlySet<string>) => void;
  #waiting = new Set<string>();
  #cancel: Cancel | null = null;

  /** `refresh` is given the pools that have changed. */
  constructor(scheduler: Scheduler, refresh: (pools: ReadonlySet<string>) => void) {
    this.#scheduler = scheduler;
    this.#refresh = refresh;
  }

  changed(pool: string): void {
    this.#waiting.add(pool);
    if (this.#cancel === null) this.#run();
  }

  close(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #run(): void {
    const pools = this.#waiting;
    this.#waiting = new Set();
    this.#cancel = this.#scheduler.after(APART_MS, () => {
      this.#cancel = null;
      if (this.#waiting.size > 0) this.#run();
    });
    this.#refresh(pools);
  }
}
