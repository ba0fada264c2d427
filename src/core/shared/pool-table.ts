/**
 * What the threads share about one pool: per endpoint slot its in-flight attempts, sockets, idle sockets,
 * consecutive failures, health flags and generation, in dense Int32 columns in pool order, plus one ledger
 * row per worker for every column that goes up and down, and striped counters that are only ever summed.
 *
 * No locks. In-flight, connections, idle and failures are changed with `Atomics`; health, generation and
 * the ineligible bit by the control plane alone; a ledger row and a counter stripe by its worker alone
 * (and by the control plane once that worker is gone).
 *
 * **A thread may be ended at any moment**, and V8 ends it where it calls something or jumps back in a loop; calls of
 * `Atomics` count. So every change of a total is one `Atomics` call that does all or nothing, and the ledger follows
 * at once with a plain store and no call in between. (Measured with workers ended by `terminate`: this way round no
 * unit was lost; ledger first, or an add taken back by a sub, lost one with every third worker. `ledger.test.ts`.)
 * {@link PoolTable.correct} is there should an engine ever end a thread between the two.
 */

/** Set in the in-flight column while the endpoint may not be picked: it then loses every comparison. */
export const INELIGIBLE = 0x40000000;
/** The in-flight count without the bit. */
export const COUNT_MASK = 0x3fffffff;

/** Health flags; any of the first three makes the endpoint ineligible. */
export const UNHEALTHY = 1;
export const EJECTED = 2;
export const DRAINING = 4;
/** The last failure was a refused connect: panic leaves it out. */
export const REFUSED = 8;
const INELIGIBLE_FLAGS = UNHEALTHY | EJECTED | DRAINING;

/** What an endpoint has sent that nobody asked for: bytes behind an answer that has no body … */
export const STRAY_AFTER_HEAD = 1;
/** … and behind the end of a body. */
export const STRAY_AFTER_BODY = 2;

/** Counters of one endpoint, striped per worker. */
export const COUNTER_ATTEMPTS = 0;
export const COUNTER_FAILURES = 1;
export const COUNTER_RETRIES = 2;
export const COUNTER_CONNECTS = 3;
export const COUNTER_BYTES_SENT = 4;
export const COUNTER_BYTES_RECEIVED = 5;
/** Sum of the times to the first byte of the response, in ms. */
export const COUNTER_FIRST_BYTE_MS = 6;
export const COUNTER_PANIC_PICKS = 7;
export const COUNTER_STRAYS = 8;
export const COUNTERS = 9;

const HEADER_INTS = 16;
const COLUMNS = 8;
const LEDGER_COLUMNS = 3;

/** Plain data that travels in a snapshot; every thread attaches its own views. */
export interface PoolTableHandle {
  /** Identity: the buffer is another object in every thread and with every message. */
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly workerSlots: number;
}

let tables = 0;

export function createPoolTable(capacity: number, workerSlots: number): PoolTableHandle {
  // A cache line (16 Int32) is the unit, so that two workers' rows never share one. The buffer begins at a multiple
  // of 16 bytes, which need not be a line's border: the last 12 slots stay unused, and with them what a row may
  // share with the next.
  const rounded = (capacity + 12 + 15) & ~15;
  const ints = HEADER_INTS + rounded * COLUMNS + workerSlots * rounded * LEDGER_COLUMNS;
  const bytes = ints * 4 + workerSlots * rounded * COUNTERS * 8;
  return { id: ++tables, buffer: new SharedArrayBuffer(bytes), capacity: rounded, workerSlots };
}

export class PoolTable {
  readonly handle: PoolTableHandle;
  /** Shared cursor of the compiled round-robin sequence, at index 0. */
  readonly cursor: Int32Array;
  /** Attempts in flight over all threads, {@link INELIGIBLE} set while the slot may not be picked. */
  readonly inflight: Int32Array;
  /** Sockets open or opening over all threads. */
  readonly connections: Int32Array;
  /** Idle sockets over all threads. */
  readonly idle: Int32Array;
  /** Consecutive gateway failures. */
  readonly failures: Int32Array;
  readonly health: Int32Array;
  readonly generation: Int32Array;
  /** 1 while a thread waits for a socket of this endpoint: a thread with an idle one closes it instead of keeping it. */
  readonly wanted: Int32Array;
  /** {@link STRAY_AFTER_HEAD} and {@link STRAY_AFTER_BODY}; set by whoever meets one, never cleared. */
  readonly strays: Int32Array;
  /** The columns that have ledgers, in the ledgers' order. */
  readonly #totals: readonly Int32Array[];
  readonly #ledgers: Int32Array;
  readonly #counters: Float64Array;
  readonly #capacity: number;
  readonly #inflightRow: number;
  readonly #connectionsRow: number;
  readonly #idleRow: number;
  readonly #counterRow: number;

  /** `worker` is the calling thread's worker slot; the control plane passes 0 and must not acquire. */
  constructor(handle: PoolTableHandle, worker: number) {
    const { buffer, capacity, workerSlots } = handle;
    this.handle = handle;
    this.#capacity = capacity;
    let at = 0;
    const column = (length: number): Int32Array => {
      const view = new Int32Array(buffer, at, length);
      at += length * 4;
      return view;
    };
    this.cursor = column(HEADER_INTS);
    this.inflight = column(capacity);
    this.connections = column(capacity);
    this.idle = column(capacity);
    this.failures = column(capacity);
    this.health = column(capacity);
    this.generation = column(capacity);
    this.wanted = column(capacity);
    this.strays = column(capacity);
    this.#totals = [this.inflight, this.connections, this.idle];
    this.#ledgers = column(workerSlots * capacity * LEDGER_COLUMNS);
    this.#counters = new Float64Array(buffer, at, workerSlots * capacity * COUNTERS);
    this.#inflightRow = worker * LEDGER_COLUMNS * capacity;
    this.#connectionsRow = this.#inflightRow + capacity;
    this.#idleRow = this.#connectionsRow + capacity;
    this.#counterRow = worker * capacity * COUNTERS;
  }

  acquire(slot: number): void {
    Atomics.add(this.inflight, slot, 1);
    this.#ledgers[this.#inflightRow + slot]++;
  }

  release(slot: number): void {
    Atomics.sub(this.inflight, slot, 1);
    this.#ledgers[this.#inflightRow + slot]--;
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

  /** Takes a place for one more idle socket, unless `max` are idle over all threads. */
  tryIdle(slot: number, max: number): boolean {
    if (!addBelow(this.idle, slot, max)) return false;
    this.#ledgers[this.#idleRow + slot]++;
    return true;
  }

  leaveIdle(slot: number): void {
    Atomics.sub(this.idle, slot, 1);
    this.#ledgers[this.#idleRow + slot]--;
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
    for (let column = 0; column < LEDGER_COLUMNS; column++) {
      const from = this.#inflightRow + column * this.#capacity + slot;
      const held = this.#ledgers[from];
      if (held === 0) continue;
      Atomics.add(to.#totals[column], slot, held);
      to.#ledgers[to.#inflightRow + column * to.#capacity + slot] += held;
      Atomics.sub(this.#totals[column], slot, held);
      this.#ledgers[from] -= held;
    }
    this.#moveCounters(to, this.#counterRow + slot * COUNTERS, to.#counterRow + slot * COUNTERS, COUNTERS);
  }

  #moveCounters(to: PoolTable, from: number, at: number, count: number): void {
    for (let index = 0; index < count; index++) {
      to.#counters[at + index] += this.#counters[from + index];
      this.#counters[from + index] = 0;
    }
  }

  isEligible(slot: number): boolean {
    return (this.inflight[slot] & INELIGIBLE) === 0;
  }

  // ——— control plane only

  /** Replaces the health flags of a slot and publishes eligibility to every worker at once. */
  setHealth(slot: number, flags: number): void {
    Atomics.store(this.health, slot, flags);
    if ((flags & INELIGIBLE_FLAGS) !== 0) Atomics.or(this.inflight, slot, INELIGIBLE);
    else Atomics.and(this.inflight, slot, ~INELIGIBLE);
  }

  /** The sum of one counter over all workers. */
  total(slot: number, counter: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      sum += this.#counters[(worker * this.#capacity + slot) * COUNTERS + counter];
    }
    return sum;
  }

  /** Gives back everything that a worker which is gone still held. Returns how many units that was. */
  clearLedger(worker: number): number {
    let returned = 0;
    for (let column = 0; column < LEDGER_COLUMNS; column++) {
      const row = (worker * LEDGER_COLUMNS + column) * this.#capacity;
      for (let slot = 0; slot < this.#capacity; slot++) {
        const held = this.#ledgers[row + slot];
        if (held === 0) continue;
        Atomics.sub(this.#totals[column], slot, held);
        this.#ledgers[row + slot] = 0;
        returned += Math.abs(held);
      }
    }
    return returned;
  }

  /** What a worker that is gone has counted goes to a larger table, into the same slots. */
  moveStripe(to: PoolTable, worker: number): void {
    const count = this.#capacity * COUNTERS;
    this.#moveCounters(to, worker * count, worker * to.#capacity * COUNTERS, count);
  }

  /** Takes over from a smaller table what belongs to its slots and not to a worker: generations, failures, strays, health. */
  succeed(from: PoolTable): void {
    this.generation.set(from.generation);
    this.failures.set(from.failures);
    this.strays.set(from.strays);
    for (let slot = 0; slot < from.#capacity; slot++) this.setHealth(slot, from.health[slot]);
  }

  /** How far one slot's totals are from the sum of its ledgers; 0 unless something was lost. Exact only while nothing changes. */
  drift(slot: number): number {
    let drift = 0;
    for (let column = 0; column < LEDGER_COLUMNS; column++) drift += Math.abs(this.#excess(slot, column));
    return drift;
  }

  /**
   * Sets one slot's totals to the sums of its ledgers; the ineligible bit and changes made meanwhile stay. Returns
   * how many units that was. To be called where `drift` keeps saying the same, see {@link DriftCheck}.
   */
  correct(slot: number): number {
    let corrected = 0;
    for (let column = 0; column < LEDGER_COLUMNS; column++) {
      const excess = this.#excess(slot, column);
      if (excess !== 0) Atomics.sub(this.#totals[column], slot, excess);
      corrected += Math.abs(excess);
    }
    return corrected;
  }

  /** What one total counts beyond the sum of its ledgers. */
  #excess(slot: number, column: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      sum += this.#ledgers[(worker * LEDGER_COLUMNS + column) * this.#capacity + slot];
    }
    // The bit goes and the sign comes back: a total below 0 would otherwise read as a billion.
    return ((Atomics.load(this.#totals[column], slot) << 2) >> 2) - sum;
  }

  /** Nothing in flight, no socket: the slot may be given to another endpoint once every worker has let go of it. */
  isFree(slot: number): boolean {
    return (Atomics.load(this.inflight, slot) & COUNT_MASK) === 0 && Atomics.load(this.connections, slot) === 0;
  }

  /** Clears a free slot for a new endpoint and raises its generation. */
  reuse(slot: number): number {
    const { inflight, connections, idle, failures, health, wanted, strays } = this;
    for (const column of [inflight, connections, idle, failures, health, wanted, strays])
      Atomics.store(column, slot, 0);
    for (let worker = 0; worker < this.handle.workerSlots; worker++) {
      this.#counters.fill(
        0,
        (worker * this.#capacity + slot) * COUNTERS,
        (worker * this.#capacity + slot + 1) * COUNTERS,
      );
    }
    return Atomics.add(this.generation, slot, 1) + 1;
  }
}

/** Adds one unless `max` is reached; refused, it has changed nothing. */
function addBelow(column: Int32Array, slot: number, max: number): boolean {
  for (;;) {
    const count = Atomics.load(column, slot);
    if (count >= max) return false;
    if (Atomics.compareExchange(column, slot, count, count + 1) === count) return true;
  }
}
