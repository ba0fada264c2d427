/** Who waits for the same thing, by class and rank: a line for each class, so that one that joins has none of another class to pass. */
import { classOf } from '../core/resilience/queue-class.ts';
import { WaitingLine } from '../core/waiting-line.ts';

export class ClassLines<Q extends { readonly rank: number }> {
  readonly #lines = [new WaitingLine<Q>(), new WaitingLine<Q>(), new WaitingLine<Q>()] as const;

  get size(): number {
    const [high, normal, low] = this.#lines;
    return high.size + normal.size + low.size;
  }

  /** Whose turn is next. */
  get first(): Q | null {
    const [high, normal, low] = this.#lines;
    return high.first ?? normal.first ?? low.first;
  }

  get firstRank(): number {
    const { first } = this;
    return first === null ? Infinity : first.rank;
  }

  /** The first of each class, the highest class first; null where none of it waits. */
  get firsts(): readonly (Q | null)[] {
    return this.#lines.map(({ first }) => first);
  }

  /** `isBack`: it had its turn and found no place, so that it comes before others of its rank. */
  join(queued: Q, isBack: boolean): void {
    const line = this.#lines[classOf(queued.rank)];
    line.joinBefore(queued, ({ rank }) => rank > queued.rank || (isBack && rank === queued.rank));
  }

  /** False: it does not wait here. */
  leave(queued: Q): boolean {
    return this.#lines[classOf(queued.rank)].leave(queued);
  }
}
