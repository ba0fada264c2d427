/** Tells the control plane which connections are refused before they have a protocol, and why. */
import type { RefusedConnections } from '../shared/data-plane-report.ts';
import { SummedReports } from './summed-reports.ts';
import type { SummedReportsOptions } from './summed-reports.ts';

export class ConnectionRefusals {
  readonly #reports: SummedReports<RefusedConnections>;

  constructor(options: SummedReportsOptions<RefusedConnections>) {
    this.#reports = new SummedReports(options);
  }

  /** A connection of this listener is refused. `rule`: in words; `address`: who was at its other end. */
  note(listener: string, reason: RefusedConnections['reason'], rule: string, address: string): void {
    this.#reports.note(`${listener} ${reason}`, { listener, reason, rule, address, count: 1 });
  }

  /** Tells what has not been told. */
  flush(): void {
    this.#reports.flush();
  }
}
