import { Timer } from '../net/timer-wheel.ts';

/** The owner of a session's timer: the session itself. */
export interface TimedSession {
  onTimeout(): void;
  onFault(error: unknown): void;
}

/** The one timer of a session, whatever it waits for. */
export class SessionTimer extends Timer {
  readonly #session: TimedSession;

  constructor(session: TimedSession) {
    super();
    this.#session = session;
  }

  override onTimeout(): void {
    this.#session.onTimeout();
  }

  override onFault(error: unknown): void {
    this.#session.onFault(error);
  }
}
