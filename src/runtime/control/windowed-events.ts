/** Tells of things that go on: the first of a kind at once, what follows summed up in windows for as long as there is any. */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';

/** Something that has happened `count` times; the rest of it is about the last of them. */
interface Counted {
  readonly count: number;
}

export class WindowedEvents<T extends Counted> {
  readonly #scheduler: Scheduler;
  readonly #windowMs: number;
  readonly #tell: (item: T, withinMs: number) => void;
  /** By kind, while its window is open; null: nothing has followed. */
  readonly #known = new Map<string, { waiting: T | null; readonly cancel: Cancel }>();

  /** `tell` hears in how many milliseconds it has happened, 0 of the first, at once. */
  constructor(scheduler: Scheduler, windowMs: number, tell: (item: T, withinMs: number) => void) {
    this.#scheduler = scheduler;
    this.#windowMs = windowMs;
    this.#tell = tell;
  }

  take(kind: string, item: T): void {
    const known = this.#known.get(kind);
    if (known === undefined) this.#say(kind, item, 0);
    else known.waiting = { ...item, count: item.count + (known.waiting?.count ?? 0) };
  }

  /** Says what has not been said. */
  close(): void {
    for (const { waiting, cancel } of this.#known.values()) {
      cancel();
      if (waiting !== null) this.#tell(waiting, this.#windowMs);
    }
    this.#known.clear();
  }

  #say(kind: string, item: T, withinMs: number): void {
    const cancel = this.#scheduler.after(this.#windowMs, () => {
      const waiting = this.#known.get(kind)?.waiting ?? null;
      this.#known.delete(kind);
      if (waiting !== null) this.#say(kind, waiting, this.#windowMs);
    });
    this.#known.set(kind, { waiting: null, cancel });
    this.#tell(item, withinMs);
  }
}
