/**
 * Tells the control plane which pools fail requests, and why: the first of a pool and reason at once, the others summed
 * up each second, so that a pool that is down costs messages by the second and not by the request.
 */
import { FAULTS } from '../../core/errors.ts';
import type { ExchangeRecord } from '../../http/record.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { FailedRequests } from '../shared/data-plane-report.ts';
import { TaskTimer } from './task-timer.ts';

/** Reasons that lie with the endpoints of a pool, or their number. */
const OF_THE_POOL: ReadonlySet<string> = new Set(
  [
    FAULTS.noEndpoint,
    FAULTS.queueTimeout,
    FAULTS.queueFull,
    FAULTS.queueShed,
    FAULTS.heldTooLong,
    FAULTS.breakerOpen,
    FAULTS.connectFailed,
    FAULTS.connectTimeout,
    FAULTS.upstreamClosed,
    FAULTS.upstreamReset,
    FAULTS.badResponse,
    FAULTS.unexpectedUpgrade,
    FAULTS.responseTimeout,
    FAULTS.upstreamWriteTimeout,
  ].map(({ code }) => code),
);

const SUM_MS = 1000;

export interface FailedRequestsOptions {
  readonly wheel: TimerWheel;
  tell(failed: FailedRequests): void;
  reportFault(error: unknown): void;
}

export class FailedRequestLog {
  readonly #options: FailedRequestsOptions;
  /** By pool and reason; `count` is what has not been told yet. */
  readonly #known = new Map<string, FailedRequests>();
  readonly #timer: TaskTimer;

  constructor(options: FailedRequestsOptions) {
    this.#options = options;
    this.#timer = new TaskTimer(
      () => this.#sumUp(),
      (error) => options.reportFault(error),
    );
  }

  /** An exchange that has met a route is over, and its record has a reason. */
  note(record: ExchangeRecord): void {
    const { pool, endpoint, status, cause } = record;
    const [reason] = record.reason.split(':', 1);
    if (!OF_THE_POOL.has(reason)) return;
    const key = `${pool} ${reason}`;
    const before = this.#known.get(key);
    const failed = { pool, endpoint, reason, cause, status, count: (before?.count ?? 0) + 1 };
    this.#known.set(key, before === undefined ? { ...failed, count: 0 } : failed);
    if (before === undefined) this.#options.tell(failed);
    if (!this.#timer.isArmed) this.#options.wheel.arm(this.#timer, SUM_MS);
  }

  /** Tells what has not been told. */
  flush(): void {
    for (const failed of this.#known.values()) if (failed.count > 0) this.#options.tell(failed);
    this.#known.clear();
  }

  #sumUp(): void {
    for (const [key, failed] of this.#known) {
      if (failed.count === 0) {
        this.#known.delete(key);
      } else {
        this.#options.tell(failed);
        this.#known.set(key, { ...failed, count: 0 });
      }
    }
    if (this.#known.size > 0) this.#options.wheel.arm(this.#timer, SUM_MS);
  }
}
