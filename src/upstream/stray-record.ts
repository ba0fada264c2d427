/** What one thread knows of the bytes that an endpoint sends beyond its answers; what they lead to holds in all threads. */
import { COUNTER_STRAYS, STRAY_AFTER_BODY, STRAY_AFTER_HEAD } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';

/** After as many answers without a body and without a stray byte the next ones are not waited for. */
const CLEAN_ANSWERS = 1000;

/** So often bytes may come on a connection that is idle behind a body before they count as the rest of an answer. */
const IDLE_STRAYS = 5;

export class StrayRecord {
  #table: PoolTable;
  readonly #slot: number;
  #cleanAnswers = 0;
  #idleStrays = 0;

  constructor(table: PoolTable, slot: number) {
    this.#table = table;
    this.#slot = slot;
  }

  moveTo(table: PoolTable): void {
    this.#table = table;
  }

  /** So many answers without a body were followed by nothing that the next one need not be waited for. */
  get isKnownClean(): boolean {
    return this.#cleanAnswers >= CLEAN_ANSWERS;
  }

  /** Nothing has come behind an answer without a body. */
  clean(): void {
    this.#cleanAnswers++;
  }

  /** Bytes that belong to no answer came behind one. */
  met(hadBody: boolean): void {
    this.#table.count(this.#slot, COUNTER_STRAYS, 1);
    Atomics.or(this.#table.strays, this.#slot, hadBody ? STRAY_AFTER_BODY : STRAY_AFTER_HEAD);
  }

  /**
   * Bytes came on a connection that was idle behind a body. Once or twice they may be anything, a notice before the
   * server closes among it; from a server that goes on they are the rest of its answers.
   */
  metIdle(): void {
    if (++this.#idleStrays >= IDLE_STRAYS) this.met(true);
    else this.#table.count(this.#slot, COUNTER_STRAYS, 1);
  }

  /** Whether a connection may carry another message after an answer of this kind. */
  mayFollow(hadBody: boolean): boolean {
    const strays = this.#table.strays[this.#slot];
    return strays === 0 || (hadBody && (strays & STRAY_AFTER_BODY) === 0);
  }
}
