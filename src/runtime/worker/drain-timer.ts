import { Timer } from '../../net/timer-wheel.ts';

/** Runs a task when the time is over that something removed from the config had left. */
export class DrainTimer extends Timer {
  readonly #task: () => void;
  readonly #onFault: (error: unknown) => void;

  constructor(task: () => void, onFault: (error: unknown) => void) {
    super();
    this.#task = task;
    this.#onFault = onFault;
  }

  override onTimeout(): void {
    this.#task();
  }

  override onFault(error: unknown): void {
    this.#onFault(error);
  }
}
