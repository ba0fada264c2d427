/**
 * Tells of things that happen again and again: the first of a kind at once, the others summed up each second, so that
 * trouble costs messages by the second and not by the request.
 */
import type { TimerWheel } from '../../net/timer-wheel.ts';
import { TaskTimer } from './task-timer.ts';

const SUM_MS = 1000;

/** Something that has happened `count` times; the rest of it is about the last of them. */
export interface Counted {
  readonly count: number;
}

export interface SummedReportsOptions<T extends Counted> {
  readonly wheel: TimerWheel;
  tell(item: T): void;
  reportFault(error: unknown): void;
}

export class SummedReports<T extends Counted> {
  readonly #options: SummedReportsOptions<T>;
  /** By kind; `count` is what has not been told yet. */
  readonly #known = new Map<string, T>();
  readonly #timer: TaskTimer;

  constructor(options: SummedReportsOptions<T>) {
    this.#options = options;
    this.#timer = new TaskTimer(
      () => this.#sumUp(),
      (error) => options.reportFault(error),
    );
  }

  /** It has happened `item.count` times. There are few kinds, whatever strangers do. */
  note(kind: string, item: T): void {
    const before = this.#known.get(kind);
    if (before === undefined) {
      this.#known.set(kind, { ...item, count: 0 });
      this.#options.tell(item);
    } else {
      this.#known.set(kind, { ...item, count: before.count + item.count });
    }
    if (!this.#timer.isArmed) this.#options.wheel.arm(this.#timer, SUM_MS);
  }

  /** Tells what has not been told. */
  flush(): void {
    for (const item of this.#known.values()) if (item.count > 0) this.#options.tell(item);
    this.#known.clear();
  }

  #sumUp(): void {
    for (const [kind, item] of this.#known) {
      if (item.count === 0) {
        this.#known.delete(kind);
      } else {
        this.#options.tell(item);
        this.#known.set(kind, { ...item, count: 0 });
      }
    }
    if (this.#known.size > 0) this.#options.wheel.arm(this.#timer, SUM_MS);
  }
}
