/** Sessions of TLS that connections to endpoints can go on with. */

/** Of one endpoint and name. A server mostly sends two tickets. */
const MOST_OF_ONE = 2;
/** Endpoints and names; the one that has waited longest makes room. A pool may ask for names that its clients choose. */
const MOST_NAMES = 512;

export class TlsSessions {
  /** Newest last. */
  readonly #sessions = new Map<string, Buffer[]>();

  keep(key: string, session: Buffer): void {
    const sessions = this.#sessions.get(key) ?? [];
    this.#sessions.delete(key);
    if (sessions.length >= MOST_OF_ONE) sessions.shift();
    sessions.push(session);
    this.#sessions.set(key, sessions);
    if (this.#sessions.size <= MOST_NAMES) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }

  /** The newest one. It is given out once, as a ticket of TLS 1.3 should be, unless there is no other. */
  take(key: string): Buffer | undefined {
    const sessions = this.#sessions.get(key);
    if (sessions === undefined) return undefined;
    return sessions.length > 1 ? sessions.pop() : sessions[0];
  }
}
