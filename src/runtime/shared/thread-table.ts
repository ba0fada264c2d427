/**
 * What each data-plane thread says about itself in shared memory: its heartbeat and its load. A thread writes its own
 * part, with cache lines of its own, by plain stores; everybody reads; the control plane clears the part of a thread
 * that is gone.
 */
import { Layout, int32At } from '../../core/shared/layout.ts';
import type { OwnPlace } from '../../core/shared/layout.ts';

const BEATS = 0;
const CONNECTIONS = 1;
const EXCHANGES = 2;
const BALANCE = 3;
const GREETING_BALANCE = 4;
const FIGURES = 5;

/** Plain data for `workerData`. */
export interface ThreadTableHandle {
  readonly buffer: SharedArrayBuffer;
  readonly workerSlots: number;
}

interface ThreadLayout {
  readonly figures: OwnPlace;
  readonly bytes: number;
}

function threadLayout(workerSlots: number): ThreadLayout {
  const layout = new Layout(1, workerSlots);
  return { figures: layout.ledger(FIGURES), bytes: layout.bytes };
}

export function createThreadTable(workerSlots: number): ThreadTableHandle {
  return { buffer: new SharedArrayBuffer(threadLayout(workerSlots).bytes), workerSlots };
}

export class ThreadTable {
  readonly handle: ThreadTableHandle;
  readonly #figures: Int32Array;
  readonly #stride: number;

  constructor(handle: ThreadTableHandle) {
    const { figures } = threadLayout(handle.workerSlots);
    this.handle = handle;
    this.#figures = int32At(handle.buffer, figures);
    this.#stride = figures.stride;
  }

  /** Raised by a timer of the thread: it stands still while the thread's loop does. */
  beat(worker: number): void {
    Atomics.add(this.#figures, worker * this.#stride + BEATS, 1);
  }

  beats(worker: number): number {
    return Atomics.load(this.#figures, worker * this.#stride + BEATS);
  }

  /**
   * `received`: sockets that have been passed to this thread so far (`spread: even`); `greetings`: clients on their way
   * into TLS, which are among the connections.
   */
  setLoad(worker: number, connections: number, exchanges: number, received: number, greetings: number): void {
    const at = worker * this.#stride;
    this.#figures[at + CONNECTIONS] = connections;
    this.#figures[at + EXCHANGES] = exchanges;
    this.#figures[at + BALANCE] = connections - received;
    this.#figures[at + GREETING_BALANCE] = greetings - received;
  }

  /** Client connections of one thread. */
  connections(worker: number): number {
    return this.#figures[worker * this.#stride + CONNECTIONS];
  }

  /** Exchanges under way in one thread. */
  exchanges(worker: number): number {
    return this.#figures[worker * this.#stride + EXCHANGES];
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
    return this.#figures[worker * this.#stride + BALANCE] + passed;
  }

  /** Clients of a thread on their way into TLS; of the sockets that are still on their way to it, all may be. */
  greetingsAndPassed(worker: number, passed: number): number {
    return this.#figures[worker * this.#stride + GREETING_BALANCE] + passed;
  }

  /** Control plane: the thread is gone, its slot may go to another. */
  clear(worker: number): void {
    this.#figures.fill(0, worker * this.#stride, (worker + 1) * this.#stride);
  }
}
