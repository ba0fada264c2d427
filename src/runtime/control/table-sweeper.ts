/** Looks after one table of rates, piece by piece, before its time has gone round. */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import type { GcraTable } from '../../core/limits/gcra-table.ts';
import { SWEEP_TICKS } from '../../core/limits/rate.ts';
import { SLOTS } from '../../core/shared/buckets.ts';

/** A quarter of a millisecond. */
const PIECE = 16_384 / SLOTS;
const BETWEEN_MS = 1;
const LONGEST_MS = 3_600_000;

export class TableSweeper {
  readonly #table: GcraTable;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #periodMs: number;
  #cancel: Cancel;

  constructor(table: GcraTable, { clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#table = table;
    this.#clock = clock;
    this.#scheduler = scheduler;
    // Half of the time, so that a busy main thread is not late.
    this.#periodMs = Math.min(SWEEP_TICKS / 2 / table.pace.ticksPerMs, LONGEST_MS);
    this.#cancel = this.#after(this.#periodMs, 0);
  }

  stop(): void {
    this.#cancel();
  }

  #after(ms: number, bucket: number): Cancel {
    return this.#scheduler.after(ms, () => {
      this.#table.sweep(bucket, PIECE, this.#clock.now());
      const next = bucket + PIECE;
      const isWhole = next >= this.#table.handle.buckets;
      this.#cancel = isWhole ? this.#after(this.#periodMs, 0) : this.#after(BETWEEN_MS, next);
    });
  }
}
