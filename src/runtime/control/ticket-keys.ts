/**
 * Keys that session tickets are encrypted with: the same in every thread, so that a client may come back to any of them,
 * and changed now and then, so that one that gets lost opens the traffic of some hours and not of years. The one before
 * still opens the tickets made with it.
 */
import { randomBytes } from 'node:crypto';
import { TICKET_KEY_BYTES } from '../../certificates/ticket-keys.ts';
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';

/** A ticket is good for two hours by itself. */
const ROTATE_MS = 12 * 3_600_000;

export class TicketKeys {
  readonly #scheduler: Scheduler;
  readonly #onChange: () => void;
  #keys: readonly Uint8Array[] = [randomBytes(TICKET_KEY_BYTES)];
  #cancel: Cancel;

  /** `onChange`: there is a new one. */
  constructor(scheduler: Scheduler, onChange: () => void) {
    this.#scheduler = scheduler;
    this.#onChange = onChange;
    this.#cancel = this.#rotateLater();
  }

  /** The one that tickets are made with, then the one before, if there is one. */
  get all(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** They change no more. */
  close(): void {
    this.#cancel();
  }

  #rotateLater(): Cancel {
    return this.#scheduler.after(ROTATE_MS, () => {
      this.#keys = [randomBytes(TICKET_KEY_BYTES), this.#keys[0]];
      this.#cancel = this.#rotateLater();
      this.#onChange();
    });
  }
}
