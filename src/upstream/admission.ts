/**
 * Requests of one thread that wait for a place in a pool with `maxRequests`. Each thread has a queue of its own. Threads
 * tell each other how long their first request has waited (`core/shared/admission-board.ts`). A thread in which a place is
 * given back leaves it to the thread whose first request has waited longest, and wakes that thread. So the order is exact
 * within a thread, and between threads to within one message.
 *
 * A request may wait for one endpoint alone, its home: it stands in a line of that endpoint, so that it holds up nobody
 * who can go elsewhere. A place at the endpoint goes to whoever has waited longest of that line and of those that wait for
 * any place.
 *
 * A place that is given back is handed on when the event that gave it back is over: by then its connection lies ready, and
 * an attempt that follows the failed one has asked for it. Every few milliseconds the thread looks for what nobody tells
 * it: an endpoint that is back, a limit that was raised, a thread that is gone.
 */
import type { Clock } from '../core/clock.ts';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import { AdmissionBoard } from '../core/shared/admission-board.ts';
import { QUEUE_FULL, QUEUE_SHED, QUEUE_WAITED } from '../core/shared/queue-counters.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';
import { ClassLines } from './class-lines.ts';

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
  /** Slot of the endpoint that it waits for, -1: of any. The same as long as it waits. */
  readonly homeSlot: number;
  /** Whether its home is full still, and it goes nowhere else. Asked of those that have one. */
  hasToWait(): boolean;
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
  /** Whether the endpoint of this slot could take one more. */
  hasPlaceAt(slot: number): boolean;
  reportFault(error: unknown): void;
}

export class Admission<Q extends Queued> {
  readonly #options: AdmissionOptions;
  /** Those that wait for any place. */
  readonly #anywhere = new ClassLines<Q>();
  /** Those that wait for one endpoint, by its slot; none is empty. */
  readonly #homes = new Map<number, ClassLines<Q>>();
  readonly #serveSoon = (): void => this.#serveGuarded();
  #table: PoolTable;
  #board: AdmissionBoard;
  #stopLooking: Cancel | null = null;
  #isServeDue = false;
  /** The request whose turn it is: other threads see its rank until it is known whether it has a place. */
  #served: Q | null = null;
  #servedSlot = -1;
  #servedRank = Infinity;
  /** Looks in a row that found a place left to another thread. */
  #passed = 0;
  /** For each thread that did not take its place, the stamp of its queue: passed over until that changes. */
  readonly #absent: number[] = [];
  #isListening = false;
  /** Since when the first one here has waited for longer than the target at every look, 0: it has not. */
  #standsSince = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#board = new AdmissionBoard(options.table.handle, options.table.worker);
  }

  /** How many wait in this thread. */
  get size(): number {
    return this.#queues().reduce((sum, { size }) => sum + size, 0);
  }

  /** In any thread. */
  get isAnyoneWaiting(): boolean {
    return this.#board.isAnyoneWaiting;
  }

  /**
   * Whether somebody who waits comes before this one. `isApart`: its home takes nobody else, so that nobody else who waits
   * could go there.
   */
  isBehind(queued: Q, isApart = false): boolean {
    const board = this.#board;
    if (!board.isAnyoneWaiting || queued === this.#served) return false;
    const { rank, homeSlot } = queued;
    const isBehindAtHome = (this.#homes.get(homeSlot)?.firstRank ?? Infinity) <= rank;
    if (homeSlot >= 0 && (isBehindAtHome || this.#isHomeAwaited(homeSlot, rank))) return true;
    return !isApart && (this.#anywhere.firstRank <= rank || board.firstElsewhere(rank, this.#absent) >= 0);
  }

  /** Whether somebody who comes before this rank waits for the endpoint of this slot alone: a place there is not for others. */
  isAwaited(slot: number, rank: number): boolean {
    return this.#board.isAnyHomeAwaited && this.#isHomeAwaited(slot, rank);
  }

  #isHomeAwaited(slot: number, rank: number): boolean {
    const first = this.#homes.get(slot)?.firstRank ?? Infinity;
    return first < rank || this.#board.isHomeAwaited(slot, rank, this.#absent);
  }

  /** Whether fewer than `max` requests wait, over all threads. */
  hasRoom(max: number): boolean {
    return this.#table.held.hasRoom(max);
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
    this.#queueOf(queued.homeSlot).join(queued, isBack);
    this.#publish(queued.homeSlot);
    this.#stopLooking ??= this.#options.turns.every(LOOK_MS, () => this.#look());
    if (!this.#isListening) void this.#listen();
    return true;
  }

  /** It has been answered otherwise, or its client has left. */
  leave(queued: Q): void {
    const { homeSlot } = queued;
    const queue = homeSlot < 0 ? this.#anywhere : this.#homes.get(homeSlot);
    if (queue?.leave(queued) !== true) return;
    if (homeSlot >= 0 && queue.size === 0) this.#homes.delete(homeSlot);
    this.#table.held.leaveQueue();
    this.#publish(homeSlot);
    if (this.#homes.size === 0 && this.#anywhere.size === 0) this.#rest();
  }

  /** Adds one to a counter of `core/shared/queue-counters.ts`. */
  count(counter: number): void {
    this.#table.queue.count(counter);
  }

  /** A place is free: it is handed on when what happens now is over. */
  placeFreed(): void {
    if (this.#isServeDue || !this.#board.isAnyoneWaiting) return;
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
    const [before, board] = [this.#table, this.#board];
    board.publish(Infinity);
    for (const slot of this.#homes.keys()) board.publishHome(slot, Infinity);
    before.queue.moveCounters(table.queue, table.worker);
    this.#table = table;
    this.#board = new AdmissionBoard(table.handle, table.worker);
    this.#absent.length = 0;
    this.#publish(-1);
    for (const slot of this.#homes.keys()) this.#publish(slot);
    // It listens at the new one from now on.
    board.wake(before.worker);
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
    this.#shedLate();
    for (;;) {
      const next = this.#next();
      const elsewhere = this.#elsewhere(next);
      if (elsewhere >= 0) {
        this.#board.wake(elsewhere);
        return;
      }
      if (next === null) return;
      this.#passed = 0;
      this.#served = next;
      this.#servedSlot = next.homeSlot;
      this.#servedRank = next.rank;
      this.#call(next, (one) => one.onReleased());
      this.#served = null;
      this.#servedRank = Infinity;
      this.#publish(this.#servedSlot);
      // There was no place for it after all.
      if (this.#next() === next) return;
    }
  }

  /** Who comes first of those here that there is a place for. */
  #next(): Q | null {
    let next = this.#anywhere.size === 0 || this.#options.isFull() ? null : this.#anywhere.first;
    for (const { first } of this.#homes.values()) {
      if (first === null || (next !== null && next.rank <= first.rank)) continue;
      if (!first.hasToWait()) next = first;
    }
    return next;
  }

  /** The thread of one that comes before `next` and that there is a place for; -1: none. */
  #elsewhere(next: Q | null): number {
    const board = this.#board;
    const rank = next === null ? Infinity : next.rank;
    // Whether there is a place is asked where somebody waits for it.
    const anywhere = board.firstElsewhere(rank, this.#absent);
    if (anywhere >= 0 && !this.#options.isFull()) return anywhere;
    return board.firstHomeElsewhere(rank, this.#absent, (slot) => this.#options.hasPlaceAt(slot));
  }

  /** A thread that does not come for what was left to it stands still, or is gone. */
  #look(): void {
    const board = this.#board;
    const elsewhere = this.#elsewhere(this.#next());
    this.#passed = elsewhere < 0 ? 0 : this.#passed + 1;
    if (this.#passed > PATIENT_LOOKS) {
      this.#passed = 0;
      this.#absent[elsewhere] = board.stampOf(elsewhere);
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
    const board = this.#board;
    const firsts = this.#queues().flatMap(({ firsts: each }) => each);
    const age = firsts.reduce((most, first) => Math.max(most, first === null ? 0 : now - first.waitingSince), 0);
    if (age <= targetMs) this.#standsSince = 0;
    else if (this.#standsSince === 0) this.#standsSince = now;
    const isShedding = board.hasStood(now, targetMs * MEMORY);
    if (isShedding ? age > targetMs / 2 : this.#standsSince > 0 && now - this.#standsSince >= targetMs)
      board.stands(now);
  }

  /** Sheds what has waited too long, while the queues stand. One request of each stays, for the next place. */
  #shedLate(): void {
    const targetMs = this.#options.targetMs();
    const now = this.#options.clock.now();
    if (targetMs === 0 || !this.#board.hasStood(now, targetMs * MEMORY)) return;
    for (const queue of this.#queues()) {
      while (queue.size > 1) {
        const late = queue.firsts.findLast((first) => first !== null && now - first.waitingSince > targetMs) ?? null;
        if (late === null) break;
        this.count(QUEUE_SHED);
        this.#call(late, (one) => one.onHoldEnded(FAULTS.queueShed));
      }
    }
  }

  async #listen(): Promise<void> {
    this.#isListening = true;
    while (this.#first() !== null) {
      await this.#board.woken();
      this.#serveGuarded();
    }
    this.#isListening = false;
  }

  /** Ends the listening, which would keep this queue from being collected. */
  #stopListening(): void {
    if (this.#isListening) this.#board.wake(this.#table.worker);
  }

  #queues(): readonly ClassLines<Q>[] {
    return [this.#anywhere, ...this.#homes.values()];
  }

  #queueOf(homeSlot: number): ClassLines<Q> {
    if (homeSlot < 0) return this.#anywhere;
    const known = this.#homes.get(homeSlot);
    if (known !== undefined) return known;
    const queue = new ClassLines<Q>();
    this.#homes.set(homeSlot, queue);
    return queue;
  }

  /** One that waits, whoever. */
  #first(): Q | null {
    for (const { first } of this.#queues()) if (first !== null) return first;
    return null;
  }

  /** Tells the other threads who comes first of those that wait for this endpoint, or for any. */
  #publish(homeSlot: number): void {
    const board = this.#board;
    const served = homeSlot === this.#servedSlot ? this.#servedRank : Infinity;
    if (homeSlot < 0) board.publish(Math.min(served, this.#anywhere.firstRank));
    else board.publishHome(homeSlot, Math.min(served, this.#homes.get(homeSlot)?.firstRank ?? Infinity));
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
