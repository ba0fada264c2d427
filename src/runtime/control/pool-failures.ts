/**
 * What the pools of all threads failed, for the log: the first of a pool and reason at once, what follows summed up
 * every ten seconds for as long as it goes on.
 */
import type { Scheduler } from '../../checks/scheduler.ts';
import type { FailedRequests } from '../shared/data-plane-report.ts';
import { WindowedEvents } from './windowed-events.ts';

/** Requests that a pool had no good answer for. */
export interface PoolFailure extends FailedRequests {
  /** In how many milliseconds; 0: the first of them, at once. */
  readonly withinMs: number;
}

export const FAILURE_WINDOW_MS = 10_000;

export class PoolFailures {
  readonly #events: WindowedEvents<FailedRequests>;

  constructor(scheduler: Scheduler, onFailure: (failure: PoolFailure) => void) {
    this.#events = new WindowedEvents(scheduler, FAILURE_WINDOW_MS, (failed, withinMs) => {
      const { pool, endpoint, reason, cause, status, count } = failed;
      onFailure({ pool, endpoint, reason, cause, status, count, withinMs });
    });
  }

  take(failed: FailedRequests): void {
    this.#events.take(`${failed.pool} ${failed.reason}`, failed);
  }

  /** Says what has not been said. */
  close(): void {
    this.#events.close();
  }
}
