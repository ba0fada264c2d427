/**
 * The trials of an endpoint in shared memory: each is one Int32 of its row, changed by compare-and-swap, so that of all
 * threads one takes it. Main writes one when an ejection is over, and one for each probe when the time of an open circuit
 * breaker is; a worker that takes it puts itself in as the holder.
 *
 * ```
 * 0                                      no trial
 * number | whole? | DUE_TO_FIT           the next fit request takes it
 * number | whole? | DUE_TO_ANY           the next request takes it that is not bound to another endpoint
 * number | whole? | 2 + worker           taken
 * ```
 *
 * The number tells trials of one pool apart, so that a late verdict is about its own. `whole`: only a complete answer
 * shows that what failed is over. `PoolTable.trialsDue` says whether any trial of the pool is due: one load for each
 * pick, 0 in calm. It is a version that main raises with each trial that becomes due; whoever finds that none is left
 * sets the version it has seen back to 0.
 */
import { MOST_TRIALS } from '../shared/pool-table.ts';
import type { PoolTable } from '../shared/pool-table.ts';

const HOLDER_BITS = 12;
const HOLDER_MASK = 2 ** HOLDER_BITS - 1;
const NEEDS_WHOLE = 2 ** HOLDER_BITS;
const NUMBER_SHIFT = HOLDER_BITS + 1;
/** Numbers of trials are below. */
export const TRIAL_NUMBERS = 2 ** 18;

const DUE_TO_FIT = 0;
const DUE_TO_ANY = 1;
const FIRST_WORKER = 2;

/** A trial that a worker has taken. */
export interface TakenTrial {
  readonly number: number;
  readonly needsWhole: boolean;
}

/** How well a request suits a trial: not at all … */
export const UNFIT = 0;
/** … where no better one has come for a second … */
export const FIT_LATE = 1;
/** … or at once: it may be repeated. */
export const FIT = 2;
export type Fitness = 0 | 1 | 2;

/** Takes a trial of an endpoint for a request, if one is due and the request is fit. */
export function takeTrial(table: PoolTable, slot: number, fitness: Fitness): TakenTrial | null {
  for (let place = 0; place < MOST_TRIALS; place++) {
    const taken = takeAt(table, slot * MOST_TRIALS + place, fitness);
    if (taken !== null) return taken;
  }
  return null;
}

function takeAt({ trial, worker }: PoolTable, at: number, fitness: Fitness): TakenTrial | null {
  const word = Atomics.load(trial, at);
  const holder = word & HOLDER_MASK;
  if (word === 0 || holder >= FIRST_WORKER || fitness < (holder === DUE_TO_FIT ? FIT : FIT_LATE)) return null;
  const taken = (word & ~HOLDER_MASK) | (FIRST_WORKER + worker);
  if (Atomics.compareExchange(trial, at, word, taken) !== word) return null;
  return { number: word >>> NUMBER_SHIFT, needsWhole: (word & NEEDS_WHOLE) !== 0 };
}

/** Whether a trial of this endpoint waits for a request. */
export function isTrialDue({ trial }: PoolTable, slot: number): boolean {
  for (let at = slot * MOST_TRIALS; at < (slot + 1) * MOST_TRIALS; at++) {
    if (trial[at] !== 0 && (trial[at] & HOLDER_MASK) < FIRST_WORKER) return true;
  }
  return false;
}

/** No trial was due any more when the version was this. */
export function noneIsDue(table: PoolTable, version: number): void {
  Atomics.compareExchange(table.trialsDue, 0, version, 0);
}

// ——— control plane only

/** The next fit request tries the endpoint. `number` is from 1 on, below {@link TRIAL_NUMBERS}; `place` below MOST_TRIALS. */
export function offerTrial(table: PoolTable, slot: number, { number, needsWhole }: TakenTrial, place = 0): void {
  const word = (number << NUMBER_SHIFT) | (needsWhole ? NEEDS_WHOLE : 0) | DUE_TO_FIT;
  Atomics.store(table.trial, slot * MOST_TRIALS + place, word);
  Atomics.store(table.trialsDue, 0, (Atomics.load(table.trialsDue, 0) % 2 ** 30) + 1);
}

/** Any request will do from now on, where none has taken it. */
export function offerToAny({ trial }: PoolTable, slot: number, number: number, place = 0): void {
  const at = slot * MOST_TRIALS + place;
  const word = Atomics.load(trial, at);
  if (word >>> NUMBER_SHIFT !== number || (word & HOLDER_MASK) !== DUE_TO_FIT) return;
  Atomics.compareExchange(trial, at, word, word | DUE_TO_ANY);
}

export function clearTrial({ trial }: PoolTable, slot: number, place = 0): void {
  Atomics.store(trial, slot * MOST_TRIALS + place, 0);
}

/** The worker that has taken the trial, -1: none. */
export function trialHolder({ trial }: PoolTable, slot: number, place = 0): number {
  const word = Atomics.load(trial, slot * MOST_TRIALS + place);
  return word === 0 ? -1 : Math.max(-1, (word & HOLDER_MASK) - FIRST_WORKER);
}
