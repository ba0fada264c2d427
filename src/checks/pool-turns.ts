/** Which endpoints of a pool are tried: of one that cannot be reached a few, in turn, so that a large one holds up no other. */
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

  /** 0: it has a turn; more: as many of a pool that is out began theirs before. -1: {@link leave} returns it later. */
  enter(endpoint: W): number {
    const before = this.#tried.size;
    if (this.#tried.has(endpoint)) return 0;
    const { isOut } = this.#pool;
    if (isOut && before >= MOST) {
      this.#waiting.join(endpoint);
      return -1;
    }
    this.#tried.add(endpoint);
    return isOut ? before : 0;
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
