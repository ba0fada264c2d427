/**
 * The one guard around every entry from Node into our code: bytes, drain, connect, end, close, accept, timers.
 * An exception there is a bug of ours; it costs the connection or timer it happened on, and nothing else.
 */
import type { FaultReporter } from './transport.ts';

/** What an exception belongs to: the handler of a connection, or a timer. */
export interface FaultOwner {
  onFault(error: unknown): void;
}

export class Guard {
  readonly #report: FaultReporter;

  /** `report` is called first with every exception, e.g. to log and to count it. What it throws itself is dropped. */
  constructor(report: FaultReporter) {
    this.#report = report;
  }

  /**
   * To be called in the `catch` of an entry (a `try` in the caller costs nothing; a closure to run would). False when
   * the owner threw while it handled the fault: then the caller has to close or drop what the fault happened on.
   */
  caught(error: unknown, owner: FaultOwner): boolean {
    this.report(error);
    try {
      owner.onFault(error);
      return true;
    } catch (second) {
      this.report(second);
      return false;
    }
  }

  /** For an exception that belongs to nobody. */
  report(error: unknown): void {
    try {
      this.#report(error);
    } catch {
      // There is nobody left to report to.
    }
  }
}
