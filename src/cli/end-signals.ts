/**
 * SIGTERM and SIGINT as a person sends them. One Ctrl-C reaches the process up to three times: from the terminal,
 * from npm, and from bin/fairlead.js where that went on with another Node. A second signal cuts what is in flight,
 * so copies must not count as one.
 */
import { EventEmitter } from 'node:events';
import type { Clock } from '../core/clock.ts';

/** Signals of one kind within this time are copies of one. */
const COPY_MS = 100;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

type EndSignal = (typeof SIGNALS)[number];

/** `process`, or its stand-in in a test. */
export interface SignalSource {
  on(signal: EndSignal, listener: (signal: EndSignal) => void): unknown;
  off(signal: EndSignal, listener: (signal: EndSignal) => void): unknown;
}

/** Emits each signal by its name, with its name, as `process` does, but without copies. */
export class EndSignals extends EventEmitter {
  readonly #source: SignalSource;
  readonly #clock: Clock;
  readonly #lastMs = new Map<EndSignal, number>();
  readonly #onSignal = (signal: EndSignal): void => this.#hear(signal);
  #count = 0;

  constructor(source: SignalSource, clock: Clock) {
    super();
    this.#source = source;
    this.#clock = clock;
    for (const signal of SIGNALS) source.on(signal, this.#onSignal);
  }

  /** How many there were, of either kind, without copies. */
  get count(): number {
    return this.#count;
  }

  /** Stops listening to the signals. */
  stop(): void {
    for (const signal of SIGNALS) this.#source.off(signal, this.#onSignal);
  }

  #hear(signal: EndSignal): void {
    const now = this.#clock.now();
    const last = this.#lastMs.get(signal);
    this.#lastMs.set(signal, now);
    if (last !== undefined && now - last < COPY_MS) return;
    this.#count++;
    this.emit(signal, signal);
  }
}
