/** Where the reports of all data planes arrive, without anybody in between. */
import type { DataPlaneReport } from '../shared/data-plane-report.ts';
import type { HealthKeeper } from './health.ts';
import type { PoolFailures } from './pool-failures.ts';

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

export class Reports {
  readonly #health: HealthKeeper;
  readonly #failures: PoolFailures;
  readonly #onFault: (fault: WorkerFault) => void;
  /** Exceptions in our own code since the start. */
  faults = 0;

  constructor(health: HealthKeeper, failures: PoolFailures, onFault: (fault: WorkerFault) => void) {
    this.#health = health;
    this.#failures = failures;
    this.#onFault = onFault;
  }

  readonly take: TakeReport = (worker, report) => {
    if (report.type === 'fault') {
      this.faults++;
      this.#onFault({ worker, message: report.message, stack: report.stack });
    } else if (report.type === 'requests-failed') {
      const { type: _, ...failed } = report;
      this.#failures.take(failed);
    } else {
      this.#health.hear(report);
    }
  };
}
