/**
 * What endpoints of a pool met in the last ten seconds, by looking at their counters each second. The counters only
 * grow; the difference of two looks is what happened in between.
 */

/** Looks are to come as often. */
export const LOOK_MS = 1000;
/** So many are ten seconds. */
const LOOKS = 11;
/** What all endpoints met is summed up no more often: a pool that fails as a whole asks with every fifth request. */
const SUM_MS = 100;

/** Counters of one endpoint, or what was added to them. */
export interface Traffic {
  readonly attempts: number;
  /** All that count against it. */
  readonly failures: number;
  /** Those of kind `status` and `timeout`, which whole pools have in common when something behind them fails. */
  readonly common: number;
}

export type ReadCounters = (slot: number) => Traffic;

const NOTHING: Traffic = { attempts: 0, failures: 0, common: 0 };

export class RecentTraffic {
  readonly #read: ReadCounters;
  readonly #slots: () => readonly number[];
  /** By slot, the oldest first. */
  readonly #looks: Map<number, Traffic>[] = [];
  #summedAt = -Infinity;
  #bySlot = new Map<number, Traffic>();
  #sum = NOTHING;

  /** `slots`: those of the pool's endpoints, at any time. */
  constructor(read: ReadCounters, slots: () => readonly number[]) {
    this.#read = read;
    this.#slots = slots;
  }

  /** To be called every {@link LOOK_MS}. */
  look(): void {
    this.#looks.push(new Map(this.#slots().map((slot) => [slot, this.#read(slot)])));
    if (this.#looks.length > LOOKS) this.#looks.shift();
  }

  /** What the endpoint has met in the last ten seconds, or since it was added. In a table that grows counters go on. */
  of(slot: number): Traffic {
    const now = this.#read(slot);
    const before = (this.#looks.length === LOOKS ? this.#looks[0].get(slot) : undefined) ?? NOTHING;
    return {
      attempts: Math.max(0, now.attempts - before.attempts),
      failures: Math.max(0, now.failures - before.failures),
      common: Math.max(0, now.common - before.common),
    };
  }

  /** What all others have met together, as of the last tenth of a second. */
  ofOthers(slot: number, now: number): Traffic {
    if (now - this.#summedAt >= SUM_MS) {
      this.#summedAt = now;
      this.#bySlot = new Map(this.#slots().map((each) => [each, this.of(each)]));
      this.#sum = sumOf(this.#bySlot.values());
    }
    const own = this.#bySlot.get(slot) ?? NOTHING;
    const { attempts, failures, common } = this.#sum;
    return { attempts: attempts - own.attempts, failures: failures - own.failures, common: common - own.common };
  }

  /** Another endpoint may get the row. */
  forget(slot: number): void {
    for (const look of this.#looks) look.delete(slot);
    this.#summedAt = -Infinity;
  }
}

function sumOf(traffics: Iterable<Traffic>): Traffic {
  let [attempts, failures, common] = [0, 0, 0];
  for (const one of traffics) {
    attempts += one.attempts;
    failures += one.failures;
    common += one.common;
  }
  return { attempts, failures, common };
}
