/**
 * Requests that a pool holds on one thread because there is nothing to try: no endpoint may be picked, or every one
 * refuses connections. They wait for the pool instead of failing, and are let go a few at a time once an endpoint is
 * there again, so that a server that has just started is not run over.
 *
 * The first four are free to go, over all threads; then two for each that was answered well, and one for each that has
 * ended otherwise: its client left, or it failed. Where none of them comes to an end for a second, four more go all the
 * same: how long they take is their clients' affair as well. Requests that may be repeated and have come whole go first:
 * a server that is about to fail once more is better met by them.
 */
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';

/** How many are let go at once, before any was answered. */
const FIRST = 4;
/** How many more for each that was answered. */
const MORE = 2;
/** How often a thread that holds requests looks whether there is something to try. */
const LOOK_MS = 5;
/** So many looks in a row find somebody to try but nobody who may go, before a few more may. */
const PATIENT_LOOKS = 200;

/** A pool that has answered so lately is waited for; another one is most likely misconfigured. */
const ANSWERED_LATELY_S = 600;
/** How long it is waited for all the same, ms. */
const UNPROVED_MS = 1000;

/** How long it is held in all, ms, of the `holdMs` of the pool; and whether the pool has answered lately. */
export function holdLimit({ held }: PoolTable, holdMs: number, wallTimeMs: number) {
  const isProved = wallTimeMs / 1000 - held.answeredAt < ANSWERED_LATELY_S;
  return { isProved, mostMs: isProved ? holdMs : Math.min(holdMs, UNPROVED_MS) };
}

/** A request that is held. */
export interface Held {
  /** It may be sent twice, and its client keeps nothing of it back. */
  readonly goesFirst: boolean;
  /** There is an endpoint to try. It is held no longer. */
  onReleased(): void;
  /** There will be none in time. It is held no longer. */
  onHoldEnded(): void;
  /** Handling one of these calls threw. */
  onOwnFault(): void;
}

export interface HoldingOptions {
  readonly table: PoolTable;
  readonly turns: LoopTurns;
  /** Whether there is an endpoint to try. */
  isReachable(): boolean;
  reportFault(error: unknown): void;
}

export class Holding<H extends Held> {
  readonly #options: HoldingOptions;
  /** In the order in which they came. */
  readonly #held = new Set<H>();
  #table: PoolTable;
  #stopLooking: Cancel | null = null;
  /** Looks in a row without a permit. */
  #idleLooks = 0;

  constructor(options: HoldingOptions) {
    this.#options = options;
    this.#table = options.table;
  }

  /** Whether this thread holds any: then those that come later wait behind them. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** False: as many are held already, over all threads. */
  enter(held: H, max: number): boolean {
    if (!this.#table.held.enter(max)) return false;
    this.#held.add(held);
    this.#stopLooking ??= this.#options.turns.every(LOOK_MS, () => this.#look());
    return true;
  }

  /** It has been answered otherwise, or its client has left. */
  leave(held: H): void {
    if (!this.#held.delete(held)) return;
    this.#table.held.leave();
    if (this.#held.size === 0) this.#rest();
  }

  /** One that was let go has had its answer. */
  answered(): void {
    this.#table.held.permit(MORE);
  }

  /** One that was let go is over without a good answer: another one in its place. */
  ended(): void {
    this.#table.held.permit(1);
  }

  /** Ends all waiting: nobody will be served any more. */
  end(): void {
    for (const held of [...this.#held]) this.#call(held, () => held.onHoldEnded());
  }

  /** The pool has a larger table. */
  moveTo(table: PoolTable): void {
    for (const _held of this.#held) {
      this.#table.held.leave();
      table.held.enter(Infinity);
    }
    this.#table = table;
  }

  #look(): void {
    if (!this.#options.isReachable()) {
      this.#idleLooks = 0;
      this.#table.held.resetPermits(FIRST);
      return;
    }
    if (++this.#idleLooks > PATIENT_LOOKS) {
      this.#idleLooks = 0;
      this.#table.held.permit(FIRST);
    }
    while (this.#held.size > 0 && this.#table.held.takePermit()) {
      this.#idleLooks = 0;
      const next = this.#next();
      this.#call(next, () => next.onReleased());
    }
  }

  /** The oldest of those that go first, else the oldest. */
  #next(): H {
    for (const held of this.#held) if (held.goesFirst) return held;
    const [oldest] = this.#held;
    return oldest;
  }

  /** One that throws must not keep the others here. */
  #call(held: H, call: () => void): void {
    this.leave(held);
    try {
      call();
    } catch (error) {
      this.#options.reportFault(error);
      held.onOwnFault();
    }
  }

  #rest(): void {
    this.#stopLooking?.();
    this.#stopLooking = null;
    this.#idleLooks = 0;
  }
}
