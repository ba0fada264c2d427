/**
 * Consecutive gateway failures of an endpoint, counted by all threads in one shared column. A success in any thread
 * sets the count back to 0.
 */
import type { PoolTable } from '../shared/pool-table.ts';

/** The endpoint answered well. Costs one plain load unless there is something to clear. */
export function recordSuccess(table: PoolTable, slot: number): void {
  if (table.failures[slot] !== 0) Atomics.store(table.failures, slot, 0);
}

/**
 * One more failure that is the endpoint's fault. Returns true in exactly one thread for every `threshold` failures in a
 * row: the endpoint is then to be reported for ejection. It is reported again after as many more, since the first
 * report may have been declined. A threshold of 0 only counts.
 */
export function recordFailure(table: PoolTable, slot: number, threshold: number): boolean {
  const failures = Atomics.add(table.failures, slot, 1) + 1;
  return threshold > 0 && failures % threshold === 0;
}

/** Control plane: an endpoint that returns from its ejection begins at 0. */
export function clearFailures(table: PoolTable, slot: number): void {
  Atomics.store(table.failures, slot, 0);
}
