/**
 * Requests of one thread that wait for a place in a pool with `maxRequests`. Each thread has a queue of its own. Threads
 * tell each other how long their first request has waited (`core/shared/admission-board.ts`). A thread in which a place is
 * given back leaves it to the thread whose first request has waited longest, and wakes that thread. So the order is exact
 * within a thread, and between threads to within one message.
 *
 * A place that is given back is handed on when the event that gave it back is over: by then its connection lies ready, and
 * an attempt that follows the failed one has asked for it. Every few milliseconds the thread looks for what nobody tells
 * it: an endpoint that is back, a limit that was raised, a thread that is gone.
 */
import type { Clock } from '../core/clock.ts';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import { QUEUE_FULL, QUEUE_SHED, QUEUE_WAITED, classOf } from '../core/shared/admission-board.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';
import { WaitingLine } from '../core/waiting-line.ts';

/** How often a thread in which somebody waits looks whether there is a place. */
const LOOK_MS = 5;
/** Looks in a row that may find a place which another thread has not taken, before that thread loses its turn. */
const PATIENT_LOOKS = 20;

/** Shedding ends when the queues have not stood for so many times the target: a thread may have stood still itself. */
const MEMORY = 10;

/** A request that waits for a place. */
export interface Queued {
  /** Since when, ms; the times that it has waited before count as well. */
  readonly waitingSince: number;
  /** Of `rankOf`, by its class and when it first asked for a place. */
  readonly rank: number;
  /** Its turn has come. It waits no longer, unless it says so again. */
  onReleased(): void;
  /** It will not be served: its pool is gone (null), or it is shed, with this answer. It waits no longer. */
  onHoldEnded(fault: Fault | null): void;
  /** Handling one of these calls threw. */
  onOwnFault(): void;
}

export interface AdmissionOptions {
  readonly table: PoolTable;
  readonly turns: LoopTurns;
  readonly clock: Pick<Clock, 'now'>;
  /** `queue.target`; 0: no request is shed. */
  targetMs(): number;
  /** Whether only its limits keep the pool from taking one more. */
  isFull(): boolean;
  reportFault(error: unknown): void;
}

export class Admission<Q extends Queued> {
  readonly #options: AdmissionOptions;
  readonly #lines = [new WaitingLine<Q>(), new WaitingLine<Q>(), new WaitingLine<Q>()] as const;
  readonly #serveSoon = (): void => this.#serveGuarded();
  #table: PoolTable;
  #stopLooking: Cancel | null = null;
  #isServeDue = false;
  /** The request whose turn it is, and its rank: other threads see the rank until it is known whether it has a place. */
  #served: Q | null = null;
  #servedRank = Infinity;
  /** Looks in a row that found a place left to another thread. */
  #passed = 0;
  /** For each thread that did not take its place, the rank of its first request: passed over until that changes. */
  readonly #absent: number[] = [];
  #isListening = false;
  /** Since when the first one here has waited for longer than the target at every look, 0: it has not. */
  #standsSince = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#table = options.table;
  }

  /** How many wait in this thread. */
  get size(): number {
    const [high, normal, low] = this.#lines;
    return high.size + normal.size + low.size;
  }

  /** In any thread. */
  get isAnyoneWaiting(): boolean {
    return this.#table.queue.isAnyoneWaiting;
  }

  /** Whether somebody who waits comes before this one. */
  isBehind(queued: Q): boolean {
    if (!this.#table.queue.isAnyoneWaiting || queued === this.#served) return false;
    return this.#firstRank() <= queued.rank || this.#table.queue.firstElsewhere(queued.rank, this.#absent) >= 0;
  }

  /** Returns false where `max` requests wait already, over all threads. */
  enter(queued: Q, max: number): boolean {
    // A request that had its turn and found no place has waited all the while.
    const isBack = queued === this.#served;
    if (!this.#table.held.enterQueue(isBack ? Infinity : max)) {
      this.count(QUEUE_FULL);
      return false;
    }
    if (!isBack) this.count(QUEUE_WAITED);
    this.#lineOf(queued).joinBefore(queued, ({ rank }) => rank > queued.rank || (isBack && rank === queued.rank));
    this.#publish();
    this.#stopLooking ??= this.#options.turns.every(LOOK_MS, () => this.#look());
    if (!this.#isListening) void this.#listen();
    return true;
  }

  /** It has been answered otherwise, or its client has left. */
  leave(queued: Q): void {
    if (!this.#lineOf(queued).leave(queued)) return;
    this.#table.held.leaveQueue();
    this.#publish();
    if (this.size === 0) this.#rest();
  }

  /** Adds one to a counter of `core/shared/admission-board.ts`. */
  count(counter: number): void {
    this.#table.queue.count(counter);
  }

  /** A place is free: it is handed on when what happens now is over. */
  placeFreed(): void {
    if (this.#isServeDue || !this.#table.queue.isAnyoneWaiting) return;
    this.#isServeDue = true;
    queueMicrotask(this.#serveSoon);
  }

  /** Ends all waiting: nobody will be served any more. */
  end(): void {
    for (let next = this.#first(); next !== null; next = this.#first())
      this.#call(next, (one) => one.onHoldEnded(null));
    this.#stopListening();
  }

  /** The pool has no limits any more: all go on. */
  open(): void {
    for (let next = this.#first(); next !== null; next = this.#first()) this.#call(next, (one) => one.onReleased());
    this.#stopListening();
  }

  /** The pool has a larger table. */
  moveTo(table: PoolTable): void {
    for (let left = this.size; left > 0; left--) {
      this.#table.held.leaveQueue();
      table.held.enterQueue(Infinity);
    }
    const before = this.#table;
    before.queue.publish(Infinity);
    before.queue.moveCounters(table.queue, table.worker);
    this.#table = table;
    this.#publish();
    // It listens at the new one from now on.
    before.queue.wake(before.worker);
  }

  // ———

  #serveGuarded(): void {
    this.#isServeDue = false;
    try {
      this.#serve();
    } catch (error) {
      this.#options.reportFault(error);
    }
  }

  /** Hands places on as long as there are any: to those that wait here, or to the thread of whoever comes before them. */
  #serve(): void {
    const { queue } = this.#table;
    this.#shedLate();
    for (;;) {
      const next = this.#first();
      const elsewhere = queue.firstElsewhere(this.#firstRank(), this.#absent);
      if ((next === null && elsewhere < 0) || this.#options.isFull()) return;
      if (elsewhere >= 0) {
        queue.wake(elsewhere);
        return;
      }
      this.#passed = 0;
      this.#servedRank = this.#firstRank();
      this.#served = next;
      this.#call(next as Q, (one) => one.onReleased());
      this.#served = null;
      this.#servedRank = Infinity;
      this.#publish();
      // There was no place for it after all.
      if (this.#first() === next) return;
    }
  }

  /** A thread that does not come for what was left to it stands still, or is gone. */
  #look(): void {
    const { queue } = this.#table;
    this.#passed = this.#options.isFull() ? 0 : this.#passed + 1;
    if (this.#passed > PATIENT_LOOKS) {
      this.#passed = 0;
      const worker = queue.firstElsewhere(this.#firstRank(), this.#absent);
      if (worker >= 0) this.#absent[worker] = queue.rankAt(worker);
    }
    if (this.#options.targetMs() > 0) this.#judge(this.#options.targetMs(), this.#options.clock.now());
    this.#serveGuarded();
  }

  /**
   * A queue that stands makes every request late, and serves none more (Nichols and Jacobson 2012, "Controlling queue
   * delay"). It stands when for a time of the target every look has found a wait above the target, and until no look has
   * found a wait above half of it for a while.
   */
  #judge(targetMs: number, now: number): void {
    const { queue } = this.#table;
    const age = this.#lines.reduce(
      (most, { first }) => Math.max(most, first === null ? 0 : now - first.waitingSince),
      0,
    );
    if (age <= targetMs) this.#standsSince = 0;
    else if (this.#standsSince === 0) this.#standsSince = now;
    const isShedding = queue.hasStood(now, targetMs * MEMORY);
    if (isShedding ? age > targetMs / 2 : this.#standsSince > 0 && now - this.#standsSince >= targetMs)
      queue.stands(now);
  }

  /** Sheds what has waited too long, while the queues stand. One request stays, for the next place. */
  #shedLate(): void {
    const targetMs = this.#options.targetMs();
    const now = this.#options.clock.now();
    if (targetMs === 0 || !this.#table.queue.hasStood(now, targetMs * MEMORY)) return;
    for (const line of this.#lines.toReversed()) {
      for (let { first } = line; first !== null && now - first.waitingSince > targetMs; { first } = line) {
        if (this.size === 1) return;
        this.count(QUEUE_SHED);
        this.#call(first, (one) => one.onHoldEnded(FAULTS.queueShed));
      }
    }
  }

  async #listen(): Promise<void> {
    this.#isListening = true;
    while (this.size > 0) {
      await this.#table.queue.woken();
      this.#serveGuarded();
    }
    this.#isListening = false;
  }

  /** Ends the listening, which would keep this queue from being collected. */
  #stopListening(): void {
    if (this.#isListening) this.#table.queue.wake(this.#table.worker);
  }

  /** A line for each class, so that a request that joins has none of another class to pass. */
  #lineOf({ rank }: Q): WaitingLine<Q> {
    return this.#lines[classOf(rank)];
  }

  #first(): Q | null {
    const [high, normal, low] = this.#lines;
    return high.first ?? normal.first ?? low.first;
  }

  #firstRank(): number {
    const first = this.#first();
    return first === null ? Infinity : first.rank;
  }

  #publish(): void {
    this.#table.queue.publish(Math.min(this.#servedRank, this.#firstRank()));
  }

  /** One that throws must not keep the others here. */
  #call(queued: Q, call: (one: Q) => void): void {
    this.leave(queued);
    try {
      call(queued);
    } catch (error) {
      this.#options.reportFault(error);
      queued.onOwnFault();
    }
  }

  #rest(): void {
    this.#stopLooking?.();
    this.#stopLooking = null;
    this.#passed = 0;
    this.#standsSince = 0;
  }
}
