/**
 * What endpoints of a pool met in the last ten seconds, by looking at their counters each second; or in another time, by
 * looking at them ten times in it. The counters only grow; the difference of two looks is what happened in between.
 */

/** Looks are to come as often for ten seconds. */
export const LOOK_MS = 1000;
/** Looks in the time that is looked back. */
export const LOOKS_BACK = 10;
/** With the one at its beginning. */
const LOOKS = LOOKS_BACK + 1;
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
  /** What a restart has found, while no look is old enough to have it. */
  readonly #restarted = new Map<number, Traffic>();
  #summedAt = -Infinity;
  #bySlot = new Map<number, Traffic>();
  #sum = NOTHING;

  /** `slots`: those of the pool's endpoints, at any time. */
  constructor(read: ReadCounters, slots: () => readonly number[]) {
    this.#read = read;
    this.#slots = slots;
  }

  /** To be called {@link LOOKS_BACK} times in the time that is looked back, at even intervals. */
  look(): void {
    this.#looks.push(new Map(this.#slots().map((slot) => [slot, this.#read(slot)])));
    if (this.#looks.length > LOOKS) this.#looks.shift();
  }

  /** What the endpoint has met in that time, or since it was added. In a table that grows counters go on. */
  of(slot: number): Traffic {
    const now = this.#read(slot);
    const oldest = this.#looks.length === LOOKS ? this.#looks[0].get(slot) : undefined;
    const before = oldest ?? this.#restarted.get(slot) ?? NOTHING;
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

  /** What the endpoint has met so far counts no more. */
  restart(slot: number): void {
    const now = this.#read(slot);
    for (const look of this.#looks) look.set(slot, now);
    this.#restarted.set(slot, now);
    this.#summedAt = -Infinity;
  }

  /** Another endpoint may get the row. */
  forget(slot: number): void {
    for (const look of this.#looks) look.delete(slot);
    this.#restarted.delete(slot);
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
