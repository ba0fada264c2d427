/**
 * What each data-plane thread says about itself in shared memory, a cache line to a thread: its heartbeat and its
 * load. A thread writes its own line with plain stores, everybody reads; the control plane clears the line of a
 * thread that is gone.
 */
const LINE_INTS = 16;
const BEATS = 0;
const CONNECTIONS = 1;
const EXCHANGES = 2;
const BALANCE = 3;

/** Plain data for `workerData`. */
export interface ThreadTableHandle {
  readonly buffer: SharedArrayBuffer;
  readonly workerSlots: number;
}

export function createThreadTable(workerSlots: number): ThreadTableHandle {
  return { buffer: new SharedArrayBuffer(workerSlots * LINE_INTS * 4), workerSlots };
}

export class ThreadTable {
  readonly handle: ThreadTableHandle;
  readonly #ints: Int32Array;

  constructor(handle: ThreadTableHandle) {
    this.handle = handle;
    this.#ints = new Int32Array(handle.buffer);
  }

  /** Raised by a timer of the thread: it stands still while the thread's loop does. */
  beat(worker: number): void {
    Atomics.add(this.#ints, worker * LINE_INTS + BEATS, 1);
  }

  beats(worker: number): number {
    return Atomics.load(this.#ints, worker * LINE_INTS + BEATS);
  }

  /** `received`: sockets that have been passed to this thread so far (`spread: even`). */
  setLoad(worker: number, connections: number, exchanges: number, received: number): void {
    this.#ints[worker * LINE_INTS + CONNECTIONS] = connections;
    this.#ints[worker * LINE_INTS + EXCHANGES] = exchanges;
    this.#ints[worker * LINE_INTS + BALANCE] = connections - received;
  }

  /** Client connections of one thread. */
  connections(worker: number): number {
    return this.#ints[worker * LINE_INTS + CONNECTIONS];
  }

  /** Exchanges under way in one thread. */
  exchanges(worker: number): number {
    return this.#ints[worker * LINE_INTS + EXCHANGES];
  }

  /** Client connections of the process. */
  totalConnections(): number {
    let sum = 0;
    for (let worker = 0; worker < this.handle.workerSlots; worker++) sum += this.connections(worker);
    return sum;
  }

  /**
   * Client connections of a thread that `passed` sockets have been passed to, those still on their way included. One
   * Int32 holds all that the thread contributes, so that a socket is counted once at every moment of its arrival.
   */
  connectionsAndPassed(worker: number, passed: number): number {
    return this.#ints[worker * LINE_INTS + BALANCE] + passed;
  }

  /** Control plane: the thread is gone, its slot may go to another. */
  clear(worker: number): void {
    this.#ints.fill(0, worker * LINE_INTS, (worker + 1) * LINE_INTS);
  }
}
