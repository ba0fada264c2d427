/**
 * What each thread says of the endpoints of a pool with every heartbeat, for the judgement of who is silent: how many of
 * its attempts wait too long, and how long ago things happened. A thread writes its own lines with plain stores, ten
 * times a second and never on the path of a request; main reads. Ages, not times: threads have clocks of their own.
 */
const OVERDUE = 0;
const OLDEST = 1;
const HEARD = 2;
const OVERDUE_IN_ALL = 3;
const ANSWERED = 4;
/** The requests sent last that were answered. */
export const ANSWERED_KEPT = 3;
export const PULSE_COLUMNS = ANSWERED + ANSWERED_KEPT;
const LONG_AGO = 2 ** 30;

/** Ages in ms. */
export interface Pulse {
  /** Attempts that are older than their time, and were sent after a byte had last come. */
  readonly overdue: number;
  /** All that are older than their time, those sent before a byte had last come included. */
  readonly overdueInAll: number;
  /** The oldest of those that were sent after that; 0: none. */
  readonly oldestMs: number;
  /** Since a byte has come from the endpoint, on any connection. */
  readonly heardMs: number;
  /** Since the answered requests were sent that were sent last. */
  readonly answeredMs: readonly number[];
}

export class PulseBoard {
  readonly #pulses: Int32Array;
  readonly #stride: number;
  /** Raised by each worker with each of its heartbeats; 0: none so far. */
  readonly #beats: Int32Array;
  readonly #worker: number;

  constructor(pulses: Int32Array, stride: number, beats: Int32Array, worker: number) {
    this.#pulses = pulses;
    this.#stride = stride;
    this.#beats = beats;
    this.#worker = worker;
  }

  publish(slot: number, pulse: Pulse): void {
    const at = this.#worker * this.#stride + slot * PULSE_COLUMNS;
    this.#pulses[at + OVERDUE] = pulse.overdue;
    this.#pulses[at + OVERDUE_IN_ALL] = pulse.overdueInAll;
    this.#pulses[at + OLDEST] = toAge(pulse.oldestMs);
    this.#pulses[at + HEARD] = toAge(pulse.heardMs);
    for (let index = 0; index < ANSWERED_KEPT; index++)
      this.#pulses[at + ANSWERED + index] = toAge(pulse.answeredMs[index]);
  }

  /** All endpoints of this heartbeat are published. */
  beat(): void {
    Atomics.store(this.#beats, this.#worker, (this.#beats[this.#worker] % LONG_AGO) + 1);
  }

  /** How long ago another thread has heard of the endpoint, by its last heartbeat; infinite: none has. */
  heardElsewhereMs(slot: number): number {
    let heardMs = Infinity;
    for (let worker = 0; worker < this.#beats.length; worker++) {
      if (worker === this.#worker || this.#beats[worker] === 0) continue;
      heardMs = Math.min(heardMs, this.#pulses[worker * this.#stride + slot * PULSE_COLUMNS + HEARD]);
    }
    return heardMs;
  }

  // ——— control plane

  get workers(): number {
    return this.#beats.length;
  }

  beats(worker: number): number {
    return Atomics.load(this.#beats, worker);
  }

  read(worker: number, slot: number): Pulse {
    const at = worker * this.#stride + slot * PULSE_COLUMNS;
    const [overdue, oldestMs, heardMs, overdueInAll] = this.#pulses.subarray(at, at + ANSWERED);
    const answeredMs = [...this.#pulses.subarray(at + ANSWERED, at + PULSE_COLUMNS)];
    return { overdue, overdueInAll, oldestMs, heardMs, answeredMs };
  }

  /** Its thread is gone. */
  forget(worker: number): void {
    const at = worker * this.#stride;
    this.#pulses.fill(0, at, at + this.#stride);
    Atomics.store(this.#beats, worker, 0);
  }
}

function toAge(ms: number): number {
  return ms < LONG_AGO ? Math.max(0, Math.round(ms)) : LONG_AGO;
}
