/**
 * Trials of one pool as the control plane has them: which endpoints the next fit request is to try, and what becomes of
 * a trial that nobody ends. A trial is offered in shared memory, where one worker takes it (`core/health/trial-word.ts`).
 */
import { TRIAL_NUMBERS, clearTrial, offerToAny, offerTrial, trialHolder } from '../core/health/trial-word.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

/** No fit request has come for so long: any will do. */
const ANY_AFTER_MS = 1000;

export class PoolTrials {
  readonly #table: () => PoolTable;
  readonly #scheduler: Scheduler;
  readonly #cancels = new Map<EndpointHealth, Cancel>();
  #number = 0;

  constructor(table: () => PoolTable, scheduler: Scheduler) {
    this.#table = table;
    this.#scheduler = scheduler;
  }

  /** The next fit request goes there. */
  offer(endpoint: EndpointHealth, needsWhole: boolean): void {
    this.withdraw(endpoint);
    this.#number = (this.#number % (TRIAL_NUMBERS - 1)) + 1;
    const number = this.#number;
    const { slot } = endpoint.spec;
    endpoint.trial = number;
    offerTrial(this.#table(), slot, { number, needsWhole });
    const cancel = this.#scheduler.after(ANY_AFTER_MS, () => offerToAny(this.#table(), slot, number));
    this.#cancels.set(endpoint, cancel);
  }

  withdraw(endpoint: EndpointHealth): void {
    if (endpoint.trial === 0) return;
    endpoint.trial = 0;
    this.#cancels.get(endpoint)?.();
    this.#cancels.delete(endpoint);
    clearTrial(this.#table(), endpoint.spec.slot);
  }

  /** Whether the worker has this endpoint's trial. */
  isHeldBy(endpoint: EndpointHealth, worker: number): boolean {
    return endpoint.trial !== 0 && trialHolder(this.#table(), endpoint.spec.slot) === worker;
  }

  close(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
