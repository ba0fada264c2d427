import { Timer } from '../../net/timer-wheel.ts';

/** Runs one task, whenever it was armed for. */
export class TaskTimer extends Timer {
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
