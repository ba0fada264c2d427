/**
 * `round-robin`: all threads walk one compiled sequence (`sequence.ts`) with one shared cursor, so that order and
 * shares are exact over all of them. A turn that falls to an ineligible endpoint is used up and the next one taken:
 * that is the sequence without the endpoint, so its share goes to all others in proportion, and nothing has to change
 * when it comes back.
 */
import { CLOSED } from '../shared/pool-table.ts';
import { Candidates } from './candidates.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';
import { compileSequence } from './sequence.ts';

/** The cursor is set back, by whole rounds, once it is past this: long before an Int32 would overflow. */
const FOLD_NEAR = 2 ** 30;
/** After losing this many turns to other threads while skipping, a pick no longer insists on a turn of its own. */
const MAX_ROUNDS = 64;

class RoundRobinPolicy implements Policy {
  readonly #cursor: Int32Array;
  readonly #cursorAt: number;
  readonly #candidates: Candidates;
  readonly #sequence: Int32Array;
  /** A multiple of the sequence's length: the cursor means the same before and after it is taken off. */
  readonly #fold: number;

  constructor(input: PolicyInput) {
    this.#cursor = input.table.cursor;
    this.#cursorAt = input.cursor % input.table.cursor.length;
    this.#candidates = new Candidates(input, input.table.inflight, CLOSED);
    this.#sequence = compileSequence(input.weights);
    this.#fold = FOLD_NEAR - (FOLD_NEAR % Math.max(1, this.#sequence.length));
  }

  pick({ tried }: PickRequest): number {
    const sequence = this.#sequence;
    if (sequence.length === 0) return -1;
    for (let round = 0; ; round++) {
      const turn = Atomics.add(this.#cursor, this.#cursorAt, 1);
      if (turn >= this.#fold) this.#foldBack();
      const at = turn % sequence.length;
      const index = sequence[at];
      if (this.#candidates.isOpen(index, tried)) return index;
      const steps = this.#stepsToOpen(at, tried);
      if (steps === 0) return this.#pickTried(at, tried);
      if (this.#skip(turn + 1, steps) || round === MAX_ROUNDS) return sequence[(at + steps) % sequence.length];
    }
  }

  /** How many turns ahead the next open endpoint is: 1 to the sequence's length, 0 if there is none. */
  #stepsToOpen(at: number, tried: readonly number[] | null): number {
    const length = this.#sequence.length;
    for (let steps = 1; steps <= length; steps++) {
      if (this.#candidates.isOpen(this.#sequence[(at + steps) % length], tried)) return steps;
    }
    return 0;
  }

  /** Uses up the turns from `turn` on, all at once; false if another thread has taken one of them. */
  #skip(turn: number, steps: number): boolean {
    return Atomics.compareExchange(this.#cursor, this.#cursorAt, turn, turn + steps) === turn;
  }

  /** All that are open have been tried: the next of those, or -1. */
  #pickTried(at: number, tried: readonly number[] | null): number {
    if (tried === null || tried.length === 0) return -1;
    const steps = this.#stepsToOpen(at - 1, null);
    return steps === 0 ? -1 : this.#sequence[(at - 1 + steps) % this.#sequence.length];
  }

  /** The thread that finds the cursor past the fold sets it back; the comparison lets only one of several do so. */
  #foldBack(): void {
    for (;;) {
      const turn = Atomics.load(this.#cursor, this.#cursorAt);
      if (turn < this.#fold || Atomics.compareExchange(this.#cursor, this.#cursorAt, turn, turn - this.#fold) === turn)
        return;
    }
  }
}

export const roundRobin: PolicyDefinition = {
  name: 'round-robin',
  readsInFlight: false,
  create: (input) => new RoundRobinPolicy(input),
};
