/** Where the reports of all data planes arrive, without anybody in between. */
import type { Scheduler } from '../../checks/scheduler.ts';
import type { DataPlaneReport, EndedHandshakes, FailedMiddleware } from '../shared/data-plane-report.ts';
import type { HealthKeeper } from './health.ts';
import { FAILURE_WINDOW_MS, PoolFailures } from './pool-failures.ts';
import type { PoolFailure } from './pool-failures.ts';
import { RefusalCounts } from './refused-connections.ts';
import type { ConnectionRefusal } from './refused-connections.ts';
import type { MiddlewareFailure } from './middleware-event.ts';
import { WindowedEvents } from './windowed-events.ts';

/** `worker`: the slot it comes from, {@link MAIN_THREAD} for what the control plane's own sockets met. */
export type TakeReport = (worker: number, report: DataPlaneReport) => void;

/** No worker's slot. */
export const MAIN_THREAD = -1;

/** An exception in our own code. */
export interface WorkerFault {
  readonly worker: number;
  readonly message: string;
  readonly stack: string;
}

export interface ReportEvents {
  onFailure(failure: PoolFailure): void;
  onRefused(refusal: ConnectionRefusal): void;
  onHandshakes(ended: EndedHandshakes): void;
  onMiddlewareFailure(failure: MiddlewareFailure): void;
  onFault(fault: WorkerFault): void;
}

export class Reports {
  readonly refusals: RefusalCounts;
  readonly #health: HealthKeeper;
  readonly #failures: PoolFailures;
  readonly #middleware: WindowedEvents<FailedMiddleware>;
  readonly #events: ReportEvents;
  /** Exceptions in our own code since the start. */
  faults = 0;

  constructor(health: HealthKeeper, scheduler: Scheduler, events: ReportEvents) {
    this.#health = health;
    this.#events = events;
    this.#failures = new PoolFailures(scheduler, (failure) => events.onFailure(failure));
    this.refusals = new RefusalCounts(scheduler, (refusal) => events.onRefused(refusal));
    this.#middleware = new WindowedEvents(scheduler, FAILURE_WINDOW_MS, (failed, withinMs) =>
      events.onMiddlewareFailure({ ...failed, withinMs }),
    );
  }

  readonly take: TakeReport = (worker, report) => {
    if (report.type === 'fault') {
      this.faults++;
      this.#events.onFault({ worker, message: report.message, stack: report.stack });
    } else if (report.type === 'requests-failed') {
      const { type: _, ...failed } = report;
      this.#failures.take(failed);
    } else if (report.type === 'connections-refused') {
      const { type: _, ...refused } = report;
      this.refusals.take(refused);
    } else if (report.type === 'middleware-failed') {
      const { type: _, ...failed } = report;
      this.#middleware.take(`${failed.module} ${failed.middleware}`, failed);
    } else if (report.type === 'handshakes-ended') {
      const { type: _, ...ended } = report;
      this.#events.onHandshakes(ended);
    } else {
      this.#health.hear(report);
    }
  };

  /** Says what has not been said. */
  close(): void {
    this.#failures.close();
    this.refusals.close();
    this.#middleware.close();
  }
}
