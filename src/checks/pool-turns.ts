/**
 * Which endpoints of a pool are tried by bare connects. While none of it can be reached its requests are held, and the first
 * that is there ends that for all of them: so a few at a time are tried, in turn, and a large pool holds up no other.
 */
import { WaitingLine } from '../core/waiting-line.ts';

/** At a time, of a pool that is out. */
const MOST = 3;

export interface TriedPool {
  /** Nothing of it can be reached, as it is now. */
  readonly isOut: boolean;
}

export class PoolTurns<W> {
  readonly #pool: TriedPool;
  readonly #tried = new Set<W>();
  readonly #waiting = new WaitingLine<W>();

  constructor(pool: TriedPool) {
    this.#pool = pool;
  }

  /** False: it waits until {@link leave} returns it. */
  enter(endpoint: W): boolean {
    if (this.#tried.has(endpoint)) return true;
    if (this.#tried.size >= MOST && this.#pool.isOut) {
      this.#waiting.join(endpoint);
      return false;
    }
    this.#tried.add(endpoint);
    return true;
  }

  /** Its turn is over. Returns those whose turn it is now. */
  leave(endpoint: W): readonly W[] {
    this.#tried.delete(endpoint);
    this.#waiting.leave(endpoint);
    if (this.#waiting.size === 0) return [];
    const most = this.#pool.isOut ? MOST : Infinity;
    const next: W[] = [];
    while (this.#tried.size < most) {
      const first = this.#waiting.shift();
      if (first === null) break;
      this.#tried.add(first);
      next.push(first);
    }
    return next;
  }
}
