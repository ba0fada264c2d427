/**
 * What the pools of all threads failed, for the log: the first of a pool and reason at once, what follows summed up
 * every ten seconds for as long as it goes on.
 */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { FailedRequests } from '../shared/data-plane-report.ts';

/** Requests that a pool had no good answer for. */
export interface PoolFailure extends FailedRequests {
  /** In how many milliseconds; 0: the first of them, at once. */
  readonly withinMs: number;
}

export const FAILURE_WINDOW_MS = 10_000;

export class PoolFailures {
  readonly #scheduler: Scheduler;
  readonly #onFailure: (failure: PoolFailure) => void;
  /** By pool and reason, while their ten seconds run; null: nothing has followed. */
  readonly #known = new Map<string, { waiting: FailedRequests | null; readonly cancel: Cancel }>();

  constructor(scheduler: Scheduler, onFailure: (failure: PoolFailure) => void) {
    this.#scheduler = scheduler;
    this.#onFailure = onFailure;
  }

  take(failed: FailedRequests): void {
    const key = `${failed.pool} ${failed.reason}`;
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#say(key, failed, 0);
    } else {
      known.waiting = { ...failed, count: failed.count + (known.waiting?.count ?? 0) };
    }
  }

  /** Says what has not been said. */
  close(): void {
    for (const { waiting, cancel } of this.#known.values()) {
      cancel();
      if (waiting !== null) this.#onFailure({ ...waiting, withinMs: FAILURE_WINDOW_MS });
    }
    this.#known.clear();
  }

  #say(key: string, failed: FailedRequests, withinMs: number): void {
    const cancel = this.#scheduler.after(FAILURE_WINDOW_MS, () => {
      const waiting = this.#known.get(key)?.waiting ?? null;
      this.#known.delete(key);
      if (waiting !== null) this.#say(key, waiting, FAILURE_WINDOW_MS);
    });
    this.#known.set(key, { waiting: null, cancel });
    const { pool, endpoint, reason, cause, status, count } = failed;
    this.#onFailure({ pool, endpoint, reason, cause, status, count, withinMs });
  }
}
