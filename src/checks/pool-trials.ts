/**
 * Trials of one pool as the control plane has them: which endpoints the next fit requests are to try, and what becomes of
 * a trial that nobody ends. A trial is offered in shared memory, where one worker takes it (`core/health/trial-word.ts`).
 * An endpoint that was ejected has one at a time; one whose circuit breaker is probing has as many as probes are left.
 */
import { TRIAL_NUMBERS, clearTrial, offerToAny, offerTrial, trialHolder } from '../core/health/trial-word.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

/** No fit request has come for so long: any will do. */
const ANY_AFTER_MS = 1000;

/** One that is offered or taken. */
interface Trial {
  readonly number: number;
  /** Of its word in the endpoint's row. */
  readonly place: number;
  readonly needsWhole: boolean;
  readonly cancel: Cancel;
}

export class PoolTrials {
  readonly #table: () => PoolTable;
  readonly #scheduler: Scheduler;
  readonly #trials = new Map<EndpointHealth, readonly Trial[]>();
  #number = 0;

  constructor(table: () => PoolTable, scheduler: Scheduler) {
    this.#table = table;
    this.#scheduler = scheduler;
  }

  /** The next `count` fit requests go there; whoever is there already says nothing any more. */
  offer(endpoint: EndpointHealth, count: number, needsWhole: boolean): void {
    this.withdraw(endpoint);
    endpoint.isOnTrial = true;
    const trials = Array.from({ length: count }, (_all, place) => this.#offer(endpoint, place, needsWhole));
    this.#trials.set(endpoint, trials);
  }

  /** Whether the endpoint has a trial with this number that has not ended. */
  has(endpoint: EndpointHealth, number: number): boolean {
    return this.#of(endpoint).some((trial) => trial.number === number);
  }

  /** The trial with this number has said nothing: another one takes its place. */
  renew(endpoint: EndpointHealth, number: number): void {
    const trials = this.#of(endpoint).map((trial) =>
      trial.number === number ? this.#offer(endpoint, this.#end(endpoint, trial), trial.needsWhole) : trial,
    );
    this.#trials.set(endpoint, trials);
  }

  /** The trial with this number was answered well. */
  passed(endpoint: EndpointHealth, number: number): void {
    const trials = this.#of(endpoint);
    for (const trial of trials) if (trial.number === number) this.#end(endpoint, trial);
    this.#trials.set(
      endpoint,
      trials.filter((trial) => trial.number !== number),
    );
  }

  withdraw(endpoint: EndpointHealth): void {
    endpoint.isOnTrial = false;
    for (const trial of this.#of(endpoint)) this.#end(endpoint, trial);
    this.#trials.delete(endpoint);
  }

  /** The worker is gone: what it was trying is to be tried by another one. */
  workerGone(worker: number): void {
    for (const [endpoint, trials] of this.#trials) {
      for (const { number, place } of trials) {
        if (trialHolder(this.#table(), endpoint.spec.slot, place) === worker) this.renew(endpoint, number);
      }
    }
  }

  close(): void {
    for (const trials of this.#trials.values()) for (const { cancel } of trials) cancel();
    this.#trials.clear();
  }

  #of(endpoint: EndpointHealth): readonly Trial[] {
    return this.#trials.get(endpoint) ?? [];
  }

  #offer(endpoint: EndpointHealth, place: number, needsWhole: boolean): Trial {
    this.#number = (this.#number % (TRIAL_NUMBERS - 1)) + 1;
    const number = this.#number;
    const { slot } = endpoint.spec;
    offerTrial(this.#table(), slot, { number, needsWhole }, place);
    const cancel = this.#scheduler.after(ANY_AFTER_MS, () => offerToAny(this.#table(), slot, number, place));
    return { number, place, needsWhole, cancel };
  }

  /** Returns the place that is free now. */
  #end(endpoint: EndpointHealth, { place, cancel }: Trial): number {
    cancel();
    clearTrial(this.#table(), endpoint.spec.slot, place);
    return place;
  }
}
