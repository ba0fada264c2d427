/**
 * Tells a thread that loops from one that is merely not given the processor, or that we ourselves saw too late. One
 * thread is judged at a time. A thread loops in either of two cases:
 *
 * - Over one second its heartbeat stood still, it used the processor for most of that second, and this thread's own
 *   timer was never late.
 * - It used two seconds of processor time since its heartbeat last moved. However busy the machine is and however long
 *   that took, a thread that goes round its loop would have beaten many times.
 *
 * | state     | heartbeat moved | still ≥ 1 s                         | this thread was late | 2 s of CPU used |
 * | --------- | --------------- | ----------------------------------- | -------------------- | --------------- |
 * | beating   | beating         | – (a still heartbeat is suspected)  | –                    | –               |
 * | suspected | beating         | looping if it burnt CPU, else anew  | suspected anew       | looping         |
 */
import type { Clock } from '../../core/clock.ts';

/** How often {@link Watchdog.look} wants to be called. */
export const WATCH_MS = 100;
/** A heartbeat is due every 100 ms; from here on it is suspected. */
const SUSPECT_MS = 250;
const STILL_MS = 1000;
/** Share of the time that a looping thread has burnt at least; one that waits for the processor has not. */
const BURNT_SHARE = 0.5;
/** This thread was late by more than this: what it saw in between says nothing. */
const LATE_MS = 50;
/** Processor time that proves a loop by itself, however long it took. */
const PROOF_MS = 2000;

/** What the watchdog sees of a thread. */
export interface Watched {
  beats(): number;
  /** Processor time used so far, in ms. Rejects once the thread is gone. */
  cpuMs(): Promise<number>;
}

interface Seen {
  beats: number;
  /** When the heartbeat was last seen to move. */
  movedAt: number;
  /** The processor time when suspicion began; null before. */
  suspected: { readonly at: number; readonly cpuMs: number } | null;
  /** The processor time when it was first asked for since the heartbeat moved; null before. */
  firstCpuMs: number | null;
}

export class Watchdog<T extends Watched> {
  readonly #clock: Clock;
  readonly #onLooping: (thread: T) => void;
  readonly #seen = new Map<T, Seen>();
  #lookedAt: number;
  #isAsking = false;

  constructor(clock: Clock, onLooping: (thread: T) => void) {
    this.#clock = clock;
    this.#onLooping = onLooping;
    this.#lookedAt = clock.now();
  }

  /** To be called every {@link WATCH_MS} with the threads that should be beating. */
  look(threads: readonly T[]): void {
    const now = this.#clock.now();
    const wasLate = now - this.#lookedAt > WATCH_MS + LATE_MS;
    this.#lookedAt = now;
    for (const thread of this.#seen.keys()) if (!threads.includes(thread)) this.#seen.delete(thread);
    for (const thread of threads) {
      const seen = this.#notice(thread, now, wasLate);
      if (this.#isAsking || now - seen.movedAt < SUSPECT_MS) continue;
      if (seen.suspected !== null && now - seen.suspected.at < STILL_MS) continue;
      this.#isAsking = true;
      void this.#judge(thread, seen).finally(() => {
        this.#isAsking = false;
      });
    }
  }

  #notice(thread: T, now: number, wasLate: boolean): Seen {
    const beats = thread.beats();
    let seen = this.#seen.get(thread);
    if (seen === undefined) {
      seen = { beats, movedAt: now, suspected: null, firstCpuMs: null };
      this.#seen.set(thread, seen);
    }
    if (seen.beats !== beats) {
      seen.beats = beats;
      seen.movedAt = now;
      seen.suspected = null;
      seen.firstCpuMs = null;
    } else if (wasLate) {
      seen.suspected = null;
    }
    return seen;
  }

  /** Suspicion begins with a look at the processor time, and ends with another one a second later. */
  async #judge(thread: T, seen: Seen): Promise<void> {
    const { suspected, beats } = seen;
    let cpuMs: number;
    try {
      cpuMs = await thread.cpuMs();
    } catch {
      return;
    }
    if (thread.beats() !== beats) return;
    const now = this.#clock.now();
    seen.firstCpuMs ??= cpuMs;
    const isProved = cpuMs - seen.firstCpuMs >= PROOF_MS;
    // This thread was late while it asked: only the processor time counts.
    if (!isProved && seen.suspected !== suspected) return;
    if (isProved || (suspected !== null && cpuMs - suspected.cpuMs >= BURNT_SHARE * (now - suspected.at))) {
      this.#seen.delete(thread);
      this.#onLooping(thread);
    } else {
      seen.suspected = { at: now, cpuMs };
    }
  }
}
