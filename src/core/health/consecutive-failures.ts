/**
 * Failures in a row of an endpoint, counted by all threads in one shared column of its pool's table, with the strictest
 * kind among them. A success of any thread begins the count anew. Ejection and circuit breaker have a column each.
 *
 * An Int32 of the column is the count, and above it the kind's number. It is changed only when something fails.
 */
import { evidenceAt, evidenceNumber } from './evidence.ts';
import type { Evidence } from './evidence.ts';

const COUNT_BITS = 24;
const COUNT_MASK = 2 ** COUNT_BITS - 1;

/** The endpoint answered well. Costs one plain load unless there is something to clear. */
export function recordSuccess(column: Int32Array, slot: number): void {
  if (column[slot] !== 0) Atomics.store(column, slot, 0);
}

/**
 * One more failure that is the endpoint's fault. Whenever another `threshold` failures in a row are full, exactly one
 * thread gets the strictest kind among these: the endpoint is then to be reported for ejection. It is reported again
 * after as many more, since the first report may have been turned down. Null: not yet, or a threshold of 0, which only
 * counts.
 */
export function recordFailure(column: Int32Array, slot: number, threshold: number, kind: Evidence): Evidence | null {
  for (;;) {
    const before = Atomics.load(column, slot);
    const count = before & COUNT_MASK;
    const isFirst = count === 0 || (threshold > 0 && count % threshold === 0);
    const strictest = isFirst ? evidenceNumber(kind) : Math.max(before >>> COUNT_BITS, evidenceNumber(kind));
    const next = count === COUNT_MASK ? 1 : count + 1;
    if (Atomics.compareExchange(column, slot, before, (strictest << COUNT_BITS) | next) !== before) continue;
    return threshold > 0 && next % threshold === 0 ? evidenceAt(strictest) : null;
  }
}

/** The strictest kind among them, null where there are none. */
export function strictestInARow(column: Int32Array, slot: number): Evidence | null {
  return evidenceAt(column[slot] >>> COUNT_BITS);
}

/** How many there are in a row. */
export function failuresInARow(column: Int32Array, slot: number): number {
  return Atomics.load(column, slot) & COUNT_MASK;
}

/** Control plane: an endpoint that returns from its ejection begins at 0. */
export function clearFailures(column: Int32Array, slot: number): void {
  Atomics.store(column, slot, 0);
}
