/**
 * How many further attempts a pool may get: a share of the requests of the last 10 s, and a floor for pools with few
 * (Finagle's retry budget). So retries cannot multiply the load on a pool that fails.
 *
 * It holds over all threads, and costs a request that is not retried nothing. Each thread knows its requests from the
 * counters that it keeps anyway, sums them once a second for the last 10 s, and publishes the sum in a line of its own in
 * the pool's table. Only who takes from the budget writes to what all share: ten counters, one for each second. It adds
 * first and looks then, so that however many threads take at a time, no more is given than the budget has; what it looks
 * at of the requests is at most a second old.
 */
import type { Clock } from '../clock.ts';
import { BUDGET_SECONDS } from '../shared/pool-layout.ts';
import type { PoolTable } from '../shared/pool-table.ts';
import type { RetryBudgetSpec } from '../snapshot.ts';

export class RetryBudget {
  readonly #clock: Clock;
  #table: PoolTable;
  /** Requests of this thread in each of the last seconds, by second. */
  readonly #requests = new Float64Array(BUDGET_SECONDS);
  #second: number;
  /** What the counters said last. */
  #counted: number;

  constructor(table: PoolTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
    this.#second = this.#now();
    // What another thread has counted in this stripe before is not of the last seconds.
    this.#counted = table.ownRequests();
  }

  /** To be called once a second. */
  sample(): void {
    const second = this.#now();
    const counted = this.#table.ownRequests();
    // Counters of an endpoint that has left are gone.
    const requests = Math.max(0, counted - this.#counted);
    this.#counted = counted;
    // Seconds that passed without a sample had nothing of their own; a clock that was set back begins anew.
    const passed = second < this.#second ? BUDGET_SECONDS : Math.min(second - this.#second, BUDGET_SECONDS);
    for (let back = 0; back < passed; back++) this.#requests[(second - back) % BUDGET_SECONDS] = 0;
    this.#second = second;
    this.#requests[second % BUDGET_SECONDS] += requests;
    this.#publish();
  }

  /** Takes one further attempt. False: the budget is spent. */
  take(spec: RetryBudgetSpec | null): boolean {
    if (spec === null) return true;
    const second = this.#now();
    const most = spec.share * this.#table.retries.recentRequests() + spec.perSecond * BUDGET_SECONDS;
    if (this.#table.retries.add(second) <= most) return true;
    this.#table.retries.takeBack(second);
    return false;
  }

  /** Where the pool has a larger table now, what this thread has counted is there. */
  attach(table: PoolTable): void {
    if (table === this.#table) return;
    this.#table = table;
    this.#counted = table.ownRequests();
    this.#publish();
  }

  #publish(): void {
    this.#table.retries.publishRequests(this.#requests.reduce((sum, each) => sum + each, 0));
  }

  /** By the wall's clock, which is the same in all threads. */
  #now(): number {
    return Math.floor(this.#clock.wallTime() / 1000);
  }
}
