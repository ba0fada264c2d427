/** What the shared tables say of requests that wait for a pool. */
import { QUEUE_FULL, QUEUE_SHED, QUEUE_TIMED_OUT, QUEUE_WAITED } from '../../core/shared/queue-counters.ts';
import type { PoolTable } from '../../core/shared/pool-table.ts';

/** Requests that wait for a pool, and those that have. */
export interface QueueStats {
  /** Attempts under way at all endpoints, those that have left the config as well. */
  readonly inFlight: number;
  /** Requests that wait for a place now. */
  readonly waiting: number;
  /** Requests that wait now because no endpoint can be reached. */
  readonly held: number;
  /** How many have had to wait for a place. */
  readonly waited: number;
  /** Of them, those that got 503 `queue-timeout`. */
  readonly timedOut: number;
  /** And those that got 503 `queue-shed`. */
  readonly shed: number;
  /** How many got 503 `queue-full` instead of waiting for a place. */
  readonly full: number;
}

export function readQueueStats(table: PoolTable): QueueStats {
  const { held, queue } = table;
  return {
    inFlight: table.inFlightAtAll(),
    waiting: held.queued,
    held: held.count,
    waited: queue.total(QUEUE_WAITED),
    timedOut: queue.total(QUEUE_TIMED_OUT),
    shed: queue.total(QUEUE_SHED),
    full: queue.total(QUEUE_FULL),
  };
}
