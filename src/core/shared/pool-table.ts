/**
 * What the threads share about one pool: per endpoint slot its in-flight attempts, sockets, places for idle sockets,
 * consecutive failures, health flags and generation, in dense Int32 columns in pool order, plus a ledger of each
 * worker for every column that goes up and down, and striped counters that are only ever summed (`pool-layout.ts`).
 *
 * No locks. In-flight, connections, idle places and failures are changed with `Atomics`; health, generation and
 * the ineligible bit by the control plane alone; a ledger and a counter stripe by its worker alone (and by the
 * control plane once that worker is gone).
 *
 * **Shared cache lines are written as rarely as possible**, since an atomic add to a line that other threads write as
 * well costs three times one that they do not. In-flight attempts have a total only where somebody compares it ({@link
 * PoolTable.countInFlight}). Idle sockets have none: what is bounded are places, which a worker takes when it keeps
 * more idle sockets than ever before, and gives back when another one lacks them.
 *
 * **A thread may be ended at any moment**, and V8 ends it where it calls something or jumps back in a loop; calls of
 * `Atomics` count. So every change of a total is one `Atomics` call that does all or nothing, and the ledger follows
 * at once with a plain store and no call in between. (Measured with workers ended by `terminate`: this way round no
 * unit was lost; ledger first, or an add taken back by a sub, lost one with every third worker. `ledger.test.ts`.)
 * {@link PoolTable.correct} is there should an engine ever end a thread between the two.
 */
import { FULL, INELIGIBLE, givePlace, setMost, takePlace } from './in-flight-word.ts';
import { InFlightSums } from './in-flight-sums.ts';
import { HeldRequests } from './held-requests.ts';
import { float64At, int32At } from './layout.ts';
import {
  COUNTERS,
  HELD_COLUMNS,
  HELD_CONNECTIONS,
  HELD_IDLE_PLACES,
  HELD_INFLIGHT,
  KEPT_IDLE,
  MOST_TRIALS,
  poolLayout,
} from './pool-layout.ts';
import type { PoolTableHandle } from './pool-layout.ts';
import { addBelow } from './add-below.ts';
import { FURTHER_ATTEMPTS, COUNTER_ATTEMPTS } from './pool-counters.ts';
import { PulseBoard } from './pulse-board.ts';
import { QueueCounters } from './queue-counters.ts';
import { RetryLedger } from './retry-ledger.ts';

export * from './pool-counters.ts';
export * from './in-flight-word.ts';
export { COUNTERS, MOST_TRIALS, createPoolTable } from './pool-layout.ts';
export type { PoolTableHandle } from './pool-layout.ts';

/** Health flags; any but the refused one makes the endpoint ineligible. */
export const UNHEALTHY = 1;
export const EJECTED = 2;
export const DRAINING = 4;
/** Somebody works on the server: not even those that are bound to it go there. */
export const MAINTENANCE = 32;
/** The last failure was a refused connect: panic leaves it out. */
export const REFUSED = 8;
/** Its ejection is over, and a trial decides. */
export const TRIAL = 16;
/** Its circuit breaker is open … */
export const OPEN = 64;
/** … or its time is over, and a few requests decide. */
export const PROBING = 128;
const INELIGIBLE_FLAGS = UNHEALTHY | EJECTED | DRAINING | TRIAL | MAINTENANCE | OPEN | PROBING;

/** What an endpoint has sent that nobody asked for: bytes behind an answer that has no body … */
export const STRAY_AFTER_HEAD = 1;
/** … and behind the end of a body. */
export const STRAY_AFTER_BODY = 2;

export class PoolTable {
  readonly handle: PoolTableHandle;
  /** Shared cursor of the compiled round-robin sequence, at index 0. */
  readonly cursor: Int32Array;
  /** At index 0, raised whenever an endpoint has become eligible or is so no longer. */
  readonly version: Int32Array;
  /**
   * Attempts in flight over the threads that count them here, {@link INELIGIBLE} set while the slot may not be picked.
   * For policies that compare endpoints; all others use {@link PoolTable.inFlight}.
   */
  readonly inflight: Int32Array;
  /** Sockets open or opening over all threads. */
  readonly connections: Int32Array;
  /** Places for idle sockets that threads have, used or not. */
  readonly idlePlaces: Int32Array;
  /** Failures in a row and their kind, see `core/health/consecutive-failures.ts`. */
  readonly failures: Int32Array;
  readonly health: Int32Array;
  readonly generation: Int32Array;
  /** Since when an endpoint starts slowly, see `slow-windows.ts`; 0: it does not. */
  readonly windows: Int32Array;
  /** 1 while a thread waits for a socket of this endpoint: a thread with an idle one closes it instead of keeping it. */
  readonly wanted: Int32Array;
  /** 1 where a thread found no place for an idle socket: one that has more than it uses gives them back. */
  readonly placesWanted: Int32Array;
  /** {@link STRAY_AFTER_HEAD} and {@link STRAY_AFTER_BODY}; set by whoever meets one, never cleared. */
  readonly strays: Int32Array;
  /**
   * Why attempts are to be off the endpoint, a number of `core/health/evidence.ts`; 0: they may stay. Written by the
   * control plane before it tells the threads, and cleared when the endpoint may be picked again.
   */
  readonly rescue: Int32Array;
  /** The trials of the endpoint, {@link MOST_TRIALS} places for each, see `core/health/trial-word.ts`. */
  readonly trial: Int32Array;
  /** Failures in a row as the circuit breaker counts them, like `failures`. */
  readonly breakerFailures: Int32Array;
  /** 1 while the control plane has been told of a failure and has not judged by it yet. */
  readonly breakerDue: Int32Array;
  /** At index 0: not 0 while a trial may be due. Has a cache line of its own, since every pick looks at it. */
  readonly trialsDue: Int32Array;
  /** Requests that wait for the pool. */
  readonly held: HeldRequests;
  readonly queue: QueueCounters;
  /** At index 0: the shortest time of a route after which an attempt is overdue, ms; 0: silence is not watched for. */
  readonly leastSilence: Int32Array;
  readonly pulses: PulseBoard;
  /** 1 for a worker whose attempts are in its ledger alone. */
  readonly #silent: Int32Array;
  readonly sums: InFlightSums;
  readonly retries: RetryLedger;
  /** The columns that have ledgers, in the ledgers' order. */
  readonly #totals: readonly Int32Array[];
  readonly #ledgers: Int32Array;
  readonly #ledgerStride: number;
  readonly #counters: Float64Array;
  readonly #counterStride: number;
  readonly #capacity: number;
  readonly #worker: number;
  readonly #inflightRow: number;
  readonly #connectionsRow: number;
  readonly #placesRow: number;
  readonly #keptRow: number;
  readonly #counterRow: number;
  #isCounting: boolean;

  /** `worker` is the calling thread's worker slot; the control plane passes 0 and must not acquire. */
  constructor(handle: PoolTableHandle, worker: number) {
    const { buffer, capacity } = handle;
    const layout = poolLayout(handle);
    this.handle = handle;
    this.#capacity = capacity;
    this.#worker = worker;
    this.cursor = int32At(buffer, layout.cursor);
    this.version = int32At(buffer, layout.version);
    this.sums = new InFlightSums(handle, worker);
    this.inflight = int32At(buffer, layout.inflight);
    this.connections = int32At(buffer, layout.connections);
    this.idlePlaces = int32At(buffer, layout.idlePlaces);
    this.failures = int32At(buffer, layout.failures);
    this.health = int32At(buffer, layout.health);
    this.generation = int32At(buffer, layout.generation);
    this.windows = int32At(buffer, layout.windows);
    this.wanted = int32At(buffer, layout.wanted);
    this.placesWanted = int32At(buffer, layout.placesWanted);
    this.strays = int32At(buffer, layout.strays);
    this.rescue = int32At(buffer, layout.rescue);
    this.trial = int32At(buffer, layout.trial);
    this.breakerFailures = int32At(buffer, layout.breakerFailures);
    this.breakerDue = int32At(buffer, layout.breakerDue);
    this.trialsDue = int32At(buffer, layout.trialsDue);
    this.held = new HeldRequests(buffer, layout, worker);
    this.queue = new QueueCounters(handle, layout, worker);
    this.leastSilence = int32At(buffer, layout.leastSilence);
    this.pulses = new PulseBoard(
      int32At(buffer, layout.pulse),
      layout.pulse.stride,
      int32At(buffer, layout.pulseBeats),
      worker,
    );
    this.#silent = int32At(buffer, layout.silent);
    this.retries = new RetryLedger(int32At(buffer, layout.retried), int32At(buffer, layout.recent), worker);
    this.#totals = [this.inflight, this.connections, this.idlePlaces];
    this.#ledgers = int32At(buffer, layout.ledger);
    this.#ledgerStride = layout.ledger.stride;
    this.#counters = float64At(buffer, layout.counters);
    this.#counterStride = layout.counters.stride;
    this.#inflightRow = this.#ledgerRow(worker, HELD_INFLIGHT);
    this.#connectionsRow = this.#ledgerRow(worker, HELD_CONNECTIONS);
    this.#placesRow = this.#ledgerRow(worker, HELD_IDLE_PLACES);
    this.#keptRow = this.#ledgerRow(worker, KEPT_IDLE);
    this.#counterRow = worker * layout.counters.stride;
    this.#isCounting = this.#silent[worker] === 0;
  }

  #ledgerRow(worker: number, column: number): number {
    return worker * this.#ledgerStride + column * this.#capacity;
  }

  /** The calling thread's worker slot. */
  get worker(): number {
    return this.#worker;
  }

  acquire(slot: number): void {
    if (this.#isCounting) Atomics.add(this.inflight, slot, 1);
    this.#ledgers[this.#inflightRow + slot]++;
    this.sums.add(1);
  }

  release(slot: number): void {
    if (this.#isCounting) Atomics.sub(this.inflight, slot, 1);
    this.#ledgers[this.#inflightRow + slot]--;
    this.sums.add(-1);
  }

  /** One more in flight, unless this endpoint has `most`, or the pool `mostInPool`; 0: no limit. */
  tryAcquire(slot: number, most: number, mostInPool: number): boolean {
    if (mostInPool > 0 && !this.sums.tryAdd(mostInPool)) return false;
    if (most > 0 && !takePlace(this.inflight, slot, most)) {
      if (mostInPool > 0) this.sums.add(-1);
      return false;
    }
    if (most === 0 && this.#isCounting) Atomics.add(this.inflight, slot, 1);
    this.#ledgers[this.#inflightRow + slot]++;
    if (mostInPool === 0) this.sums.add(1);
    return true;
  }

  /** One fewer at an endpoint that may have `most`, which is not 0. */
  giveBack(slot: number, most: number): void {
    // One that has left the config keeps its limit while the pool may have none, and no total, any more.
    if (this.#isCounting) givePlace(this.inflight, slot, most);
    this.#ledgers[this.#inflightRow + slot]--;
    this.sums.add(-1);
  }

  /** The endpoint may have so many in flight from now on; 0: any number. */
  setMost(slot: number, most: number): void {
    setMost(this.inflight, slot, most);
  }

  /**
   * Whether this worker's attempts are in the total that policies compare; they are until this says otherwise. What it
   * has in flight is added to it, or taken off.
   */
  countInFlight(isCounting: boolean): void {
    if (isCounting === this.#isCounting) return;
    this.#isCounting = isCounting;
    for (let slot = 0; slot < this.#capacity; slot++) {
      const held = this.#ledgers[this.#inflightRow + slot];
      if (held !== 0) Atomics.add(this.inflight, slot, isCounting ? held : -held);
    }
    this.#silent[this.#worker] = isCounting ? 0 : 1;
  }

  /**
   * Whether this worker keeps the sum of what it has in flight, for {@link sums}, and whether that is bounded; not until
   * this says so.
   */
  sumInFlight(isSumming: boolean, isBounded = false): void {
    let held = 0;
    for (let slot = 0; slot < this.#capacity; slot++) held += this.#ledgers[this.#inflightRow + slot];
    this.sums.keep(isSumming, isBounded, held);
  }

  /** Takes a place for one more socket, unless `max` (0: no limit) are open over all threads. */
  tryOpen(slot: number, max: number): boolean {
    if (max === 0) Atomics.add(this.connections, slot, 1);
    else if (!addBelow(this.connections, slot, max)) return false;
    this.#ledgers[this.#connectionsRow + slot]++;
    return true;
  }

  closed(slot: number): void {
    Atomics.sub(this.connections, slot, 1);
    this.#ledgers[this.#connectionsRow + slot]--;
  }

  /**
   * One more idle socket, unless all `max` places are taken: by one of this worker's own where one is free, so that
   * nothing shared is written while the number of its idle sockets goes up and down below what it once was.
   */
  tryIdle(slot: number, max: number): boolean {
    const places = this.#placesRow + slot;
    const kept = this.#keptRow + slot;
    if (this.idlePlaces[slot] > max) this.yieldPlaces(slot);
    if (this.#ledgers[kept] >= this.#ledgers[places]) {
      if (!addBelow(this.idlePlaces, slot, max)) {
        if (this.placesWanted[slot] === 0) Atomics.store(this.placesWanted, slot, 1);
        return false;
      }
      this.#ledgers[places]++;
    }
    this.#ledgers[kept]++;
    return true;
  }

  leaveIdle(slot: number): void {
    this.#ledgers[this.#keptRow + slot]--;
    if (this.placesWanted[slot] !== 0) this.yieldPlaces(slot);
  }

  /** Gives places back that this worker has and does not use. */
  yieldPlaces(slot: number): void {
    const places = this.#placesRow + slot;
    const unused = this.#ledgers[places] - this.#ledgers[this.#keptRow + slot];
    if (unused <= 0) return;
    Atomics.store(this.placesWanted, slot, 0);
    Atomics.sub(this.idlePlaces, slot, unused);
    this.#ledgers[places] -= unused;
  }

  /** Adds to this worker's own stripe: a plain store, no atomics. */
  count(slot: number, counter: number, amount: number): void {
    this.#counters[this.#counterRow + slot * COUNTERS + counter] += amount;
  }

  /**
   * Moves what this worker holds and has counted of one slot to a larger table, into the same slot. In between it is
   * in both, each with its ledger, so that nothing is lost where the thread ends there.
   */
  moveSlot(to: PoolTable, slot: number): void {
    for (let column = 0; column < HELD_COLUMNS; column++) {
      const from = this.#ledgerRow(this.#worker, column) + slot;
      const held = this.#ledgers[from];
      if (held === 0) continue;
      if (column !== HELD_INFLIGHT || to.#isCounting) Atomics.add(to.#totals[column], slot, held);
      to.#ledgers[to.#ledgerRow(to.#worker, column) + slot] += held;
      if (column === HELD_INFLIGHT) this.sums.moveTo(to.sums, held);
      if (column !== HELD_INFLIGHT || this.#isCounting) Atomics.sub(this.#totals[column], slot, held);
      this.#ledgers[from] -= held;
    }
    to.#ledgers[to.#keptRow + slot] += this.#ledgers[this.#keptRow + slot];
    this.#ledgers[this.#keptRow + slot] = 0;
    this.#moveCounters(to, this.#counterRow + slot * COUNTERS, to.#counterRow + slot * COUNTERS, COUNTERS);
  }

  #moveCounters(to: PoolTable, from: number, at: number, count: number): void {
    for (let index = 0; index < count; index++) {
      to.#counters[at + index] += this.#counters[from + index];
      this.#counters[from + index] = 0;
    }
  }

  /** First attempts that this worker has counted: all that followed no other. */
  ownRequests(): number {
    let sum = 0;
    for (let slot = 0; slot < this.#capacity; slot++) {
      const at = this.#counterRow + slot * COUNTERS;
      sum += this.#counters[at + COUNTER_ATTEMPTS];
      for (const counter of FURTHER_ATTEMPTS) sum -= this.#counters[at + counter];
    }
    return sum;
  }

  /** Attempts of this thread in flight. */
  ownInFlight(slot: number): number {
    return this.#ledgers[this.#inflightRow + slot];
  }

  isEligible(slot: number): boolean {
    return (this.inflight[slot] & INELIGIBLE) === 0;
  }

  // ——— for who looks from outside

  /** Attempts in flight over all threads. */
  inFlight(slot: number): number {
    return this.#heldByAll(slot, HELD_INFLIGHT);
  }

  /** The same at all endpoints together. */
  inFlightAtAll(): number {
    let sum = 0;
    for (let slot = 0; slot < this.#capacity; slot++) sum += this.inFlight(slot);
    return sum;
  }

  /** Idle sockets over all threads. */
  idleSockets(slot: number): number {
    return this.#heldByAll(slot, KEPT_IDLE);
  }

  /** The sum of one counter over all workers. */
  total(slot: number, counter: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      sum += this.#counters[worker * this.#counterStride + slot * COUNTERS + counter];
    }
    return sum;
  }

  /** Nothing in flight, no socket, no place for one: the slot may be given to another endpoint once every worker has let go of it. */
  isFree(slot: number): boolean {
    if (Atomics.load(this.connections, slot) !== 0 || Atomics.load(this.idlePlaces, slot) !== 0) return false;
    return this.inFlight(slot) === 0;
  }

  #heldByAll(slot: number, column: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      sum += this.#ledgers[this.#ledgerRow(worker, column) + slot];
    }
    return sum;
  }

  // ——— control plane only

  /** Replaces the health flags of a slot and publishes eligibility to every worker at once. */
  setHealth(slot: number, flags: number): void {
    Atomics.store(this.health, slot, flags);
    if ((flags & INELIGIBLE_FLAGS) !== 0) Atomics.or(this.inflight, slot, INELIGIBLE);
    else Atomics.and(this.inflight, slot, ~INELIGIBLE);
    Atomics.add(this.version, 0, 1);
  }

  /** Gives back everything that a worker which is gone still held. Returns how many units that was. */
  clearLedger(worker: number): number {
    let returned = 0;
    for (let column = 0; column < HELD_COLUMNS; column++) {
      const row = this.#ledgerRow(worker, column);
      for (let slot = 0; slot < this.#capacity; slot++) {
        const held = this.#ledgers[row + slot];
        if (held === 0) continue;
        if (this.#isInTotal(worker, column)) Atomics.sub(this.#totals[column], slot, held);
        this.#ledgers[row + slot] = 0;
        returned += Math.abs(held);
        // There is room now, and nobody else will say so.
        if (column === HELD_INFLIGHT) Atomics.and(this.inflight, slot, ~FULL);
      }
    }
    const kept = this.#ledgerRow(worker, KEPT_IDLE);
    this.#ledgers.fill(0, kept, kept + this.#capacity);
    this.#silent[worker] = 0;
    this.sums.clear(worker);
    this.held.clear(worker);
    this.queue.clear(worker);
    this.retries.forget(worker);
    this.pulses.forget(worker);
    return returned;
  }

  #isInTotal(worker: number, column: number): boolean {
    return column !== HELD_INFLIGHT || this.#silent[worker] === 0;
  }

  /** What a worker that is gone has counted goes to a larger table, into the same slots. */
  moveStripe(to: PoolTable, worker: number): void {
    this.queue.moveCounters(to.queue, worker);
    this.#moveCounters(to, worker * this.#counterStride, worker * to.#counterStride, this.#capacity * COUNTERS);
  }

  /** Takes over from a smaller table what belongs to its slots and not to a worker: generations, failures, strays, rescues, health. */
  succeed(from: PoolTable): void {
    this.generation.set(from.generation);
    this.windows.set(from.windows);
    this.failures.set(from.failures);
    this.breakerFailures.set(from.breakerFailures);
    this.strays.set(from.strays);
    this.rescue.set(from.rescue);
    this.retries.succeed(from.retries);
    this.held.succeed(from.held);
    for (let slot = 0; slot < from.#capacity; slot++) this.setHealth(slot, from.health[slot]);
  }

  /** How far one slot's totals are from the sum of its ledgers; 0 unless something was lost. Exact only while nothing changes. */
  drift(slot: number): number {
    let drift = 0;
    for (let column = 0; column < HELD_COLUMNS; column++) drift += Math.abs(this.#excess(slot, column));
    return drift;
  }

  /**
   * Sets one slot's totals to the sums of its ledgers; the ineligible bit and changes made meanwhile stay. Returns
   * how many units that was. To be called where `drift` keeps saying the same, see {@link DriftCheck}.
   */
  correct(slot: number): number {
    let corrected = 0;
    for (let column = 0; column < HELD_COLUMNS; column++) {
      const excess = this.#excess(slot, column);
      if (excess !== 0) Atomics.sub(this.#totals[column], slot, excess);
      // Who is passed over as full gives nothing back by which that would be set right.
      if (excess !== 0 && column === HELD_INFLIGHT) Atomics.and(this.inflight, slot, ~FULL);
      corrected += Math.abs(excess);
    }
    return corrected;
  }

  /** What one total counts beyond the sum of its ledgers. */
  #excess(slot: number, column: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      if (this.#isInTotal(worker, column)) sum += this.#ledgers[this.#ledgerRow(worker, column) + slot];
    }
    // The bits go and the sign comes back: a total below 0 would otherwise read as a billion.
    return ((Atomics.load(this.#totals[column], slot) << 3) >> 3) - sum;
  }

  /** Clears a free slot for a new endpoint and raises its generation. */
  reuse(slot: number): number {
    const { inflight, connections, idlePlaces, failures, health } = this;
    const { wanted, placesWanted, strays, rescue, windows, breakerFailures, breakerDue } = this;
    const columns = [inflight, connections, idlePlaces, failures, health, wanted, placesWanted, strays, rescue];
    for (const column of [...columns, windows, breakerFailures, breakerDue]) Atomics.store(column, slot, 0);
    for (let place = 0; place < MOST_TRIALS; place++) Atomics.store(this.trial, slot * MOST_TRIALS + place, 0);
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      const at = worker * this.#counterStride + slot * COUNTERS;
      this.#counters.fill(0, at, at + COUNTERS);
    }
    return Atomics.add(this.generation, slot, 1) + 1;
  }
}
