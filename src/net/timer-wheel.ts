/**
 * One coarse wheel for all timeouts of a thread (Varghese and Lauck 1987, "Hashed and hierarchical timing wheels",
 * scheme 6, with deadlines looked at only when a slot comes up). A timer fires at the first tick after its deadline:
 * never early, late by up to a tick.
 *
 * Timers are links of the wheel themselves, so arming allocates nothing. Pushing a deadline later, which is what every
 * request and every read does, stores one number: the timer stays in its old slot, and moves on when that comes up.
 * Deadlines beyond the horizon wait in the farthest slot and move on likewise.
 */
import type { Clock } from '../core/clock.ts';
import { Guard } from './guard.ts';
import { loopClockOf } from './loop-clock.ts';
import type { LoopClock } from './loop-clock.ts';
import { nodeTurns } from './loop-turns.ts';
import type { LoopTurns } from './loop-turns.ts';
import type { FaultReporter } from './transport.ts';

/** A power of two. At 50 ms a slot the horizon is 25.6 s. */
const SLOTS = 512;

/** A timeout that can be armed any number of times; extended by its owner. */
export abstract class Timer {
  /** Links of its slot's ring; null while unarmed. Written by the wheel alone, as are the other fields. */
  next: Timer | null = null;
  previous: Timer | null = null;
  /** The tick to fire at; a small integer, where milliseconds would be a number on the heap. */
  due = 0;
  /** The tick at which its slot comes up; never after `due`. */
  slotTick = 0;

  get isArmed(): boolean {
    return this.next !== null;
  }

  /** The deadline has passed. The timer is unarmed, and may be armed again. */
  abstract onTimeout(): void;

  /** `onTimeout` threw; it has been reported already. */
  onFault(_error: unknown): void {}
}

/** The fixed point of a ring, so that no link is ever first or last. */
class Slot extends Timer {
  constructor() {
    super();
    this.next = this;
    this.previous = this;
  }

  override onTimeout(): void {
    throw new Error('a slot has no deadline');
  }
}

export interface TimerWheelOptions {
  /** A {@link LoopClock} is shared with the thread's other entries. */
  readonly clock: Clock;
  /** Called with what a timer threw. */
  readonly onFault: FaultReporter;
  /** How coarse the wheel is, in milliseconds. Default 50. */
  readonly tickMs?: number;
  /** Where its ticks come from. Default: the loop of this thread. */
  readonly turns?: Pick<LoopTurns, 'every'>;
}

export class TimerWheel {
  readonly #clock: LoopClock;
  readonly #guard: Guard;
  readonly #tickMs: number;
  readonly #turns: Pick<LoopTurns, 'every'>;
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, () => new Slot());
  /** Takes over the links of the slot that is coming up. */
  readonly #due = new Slot();
  readonly #onTurn = (): void => void (this.#readUntil = this.#clock.now());
  readonly #onTick = (): void => this.tick(this.#readUntil);
  /** The last tick whose slot has come up. */
  #current = 0;
  /** When that was: all that had arrived by then had been read. */
  #tickedAt = 0;
  /** What had arrived by then is read before the next tick. */
  #readUntil = 0;
  #armed = 0;
  #stop: (() => void) | null = null;

  constructor(options: TimerWheelOptions) {
    this.#clock = loopClockOf(options.clock);
    this.#guard = new Guard(options.onFault);
    this.#tickMs = options.tickMs ?? 50;
    this.#turns = options.turns ?? nodeTurns;
  }

  /** Timers armed now. */
  get armedCount(): number {
    return this.#armed;
  }

  /** (Re)sets the timer to fire `ms` from now. */
  arm(timer: Timer, ms: number): void {
    const due = Math.floor((this.#clock.now() + ms) / this.#tickMs) + 1;
    timer.due = due;
    if (timer.next !== null) {
      if (due >= timer.slotTick) return;
      unlink(timer);
    } else {
      this.#armed += 1;
      if (this.#stop === null) this.#start();
    }
    this.#link(timer);
  }

  /** Disarms a timer: it will not fire, and the wheel does not hold it any more. Does nothing to an unarmed one. */
  disarm(timer: Timer): void {
    if (timer.next === null) return;
    unlink(timer);
    this.#armed -= 1;
  }

  /**
   * The time until which the ticks have been on time, ms. An event that is read later than this was read by a loop that
   * had stood still: it may have arrived at any moment since the last tick. Meaningful only while a timer is armed.
   */
  get watchedUntil(): number {
    return this.#tickedAt + this.#tickMs;
  }

  /**
   * Fires what was due by `at`, ms. Called turn by turn, with the time until which everything has been read: the thread
   * may have stood still since, and then what would have met a deadline still waits in a socket. A test with a clock of
   * its own may call it.
   */
  tick(at = this.#clock.now()): void {
    this.#clock.enter();
    this.#tickedAt = at;
    const last = Math.floor(this.#tickedAt / this.#tickMs);
    const first = Math.max(this.#current + 1, last - SLOTS + 1);
    this.#current = last;
    for (let tick = first; tick <= last; tick += 1) this.#visit(this.#slots[tick & (SLOTS - 1)]);
    this.#clock.leave();
    // Ticking does not end with the last disarm: with few connections that would happen once per request.
    if (this.#armed === 0) this.stop();
  }

  /** Ends the ticking; arming begins it again. */
  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #start(): void {
    this.#tickedAt = this.#clock.now();
    // Slots of timers that were armed before a stop are still to come up.
    if (this.#armed === 1) this.#current = Math.floor(this.#tickedAt / this.#tickMs);
    this.#stop = this.#turns.every(this.#tickMs, this.#onTick, this.#onTurn);
  }

  #link(timer: Timer): void {
    const tick = Math.min(timer.due, this.#current + SLOTS - 1);
    timer.slotTick = tick;
    const slot = this.#slots[tick & (SLOTS - 1)];
    const last = slot.previous!;
    last.next = timer;
    timer.previous = last;
    timer.next = slot;
    slot.previous = timer;
  }

  #visit(slot: Slot): void {
    if (slot.next === slot) return;
    const due = this.#due;
    moveLinks(slot, due);
    for (let timer = due.next!; timer !== due; timer = due.next!) {
      unlink(timer);
      if (timer.due > this.#current) this.#link(timer);
      else this.#fire(timer);
    }
  }

  #fire(timer: Timer): void {
    this.#armed -= 1;
    try {
      timer.onTimeout();
    } catch (error) {
      this.#guard.caught(error, timer);
    }
  }
}

function unlink(timer: Timer): void {
  const { next, previous } = timer;
  previous!.next = next;
  next!.previous = previous;
  timer.next = null;
  timer.previous = null;
}

function moveLinks(from: Slot, to: Slot): void {
  to.next = from.next;
  to.previous = from.previous;
  to.next!.previous = to;
  to.previous!.next = to;
  from.next = from;
  from.previous = from;
}
