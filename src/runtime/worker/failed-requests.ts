/** Tells the control plane which pools fail requests, and why: the first of a pool and reason at once, the others summed up. */
import { FAULTS } from '../../core/errors.ts';
import type { FailedRequests } from '../shared/data-plane-report.ts';
import { SummedReports } from './summed-reports.ts';
import type { SummedReportsOptions } from './summed-reports.ts';

/** What is read of a request, or a session of layer 4 (`status` 0), that has failed. */
export interface Failed {
  readonly pool: string;
  readonly endpoint: string;
  readonly status: number;
  readonly cause: string;
  readonly reason: string;
}

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
    FAULTS.certificateRejected,
    FAULTS.tlsFailed,
    FAULTS.upstreamClosed,
    FAULTS.upstreamReset,
    FAULTS.badResponse,
    FAULTS.unexpectedUpgrade,
    FAULTS.responseTimeout,
    FAULTS.upstreamWriteTimeout,
  ].map(({ code }) => code),
);

export class FailedRequestLog {
  readonly #reports: SummedReports<FailedRequests>;

  constructor(options: SummedReportsOptions<FailedRequests>) {
    this.#reports = new SummedReports(options);
  }

  /** An exchange that has met a route is over, and its record has a reason; or a session has found no endpoint. */
  note(record: Failed): void {
    const { pool, endpoint, status, cause } = record;
    const [reason] = record.reason.split(':', 1);
    if (!OF_THE_POOL.has(reason)) return;
    this.#reports.note(`${pool} ${reason}`, { pool, endpoint, reason, cause, status, count: 1 });
  }

  /** Tells what has not been told. */
  flush(): void {
    this.#reports.flush();
  }
}
