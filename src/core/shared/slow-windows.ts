/** Since when an endpoint starts slowly, as all threads see it. */
import type { PoolTable } from './pool-table.ts';

/** An Int32 of these lasts for 6 years. */
export const WINDOW_TICK_MS = 100;

/** To be called by the control plane: the endpoint has come or recovered. `nowMs`: monotonic. */
export function startSlowly({ windows, version }: PoolTable, slot: number, nowMs: number): void {
  Atomics.store(windows, slot, Math.max(1, Math.floor(nowMs / WINDOW_TICK_MS)));
  Atomics.add(version, 0, 1);
}
