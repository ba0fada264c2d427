/** `concurrency`: how many requests of a client, or of anything else in common, are under way at the same time. */
import { FAULTS } from '../../core/errors.ts';
import { KeySource } from '../../core/keys/key-source.ts';
import type { ConcurrencySpec } from '../../core/limits/concurrency.ts';
import {
  CountTable,
  FULL,
  HELD_ADMITTED,
  HELD_REFUSED,
  HELD_UNTRACKED,
  UNTRACKED,
} from '../../core/limits/count-table.ts';
import type { LimitTables } from '../../core/limits/rate-limit.ts';
import type { ExchangeRecord } from '../../http/record.ts';
import { limitKeys } from '../../http/request-key.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { PASS } from '../../http/steps/step.ts';
import type { Decision, RequestView, Step } from '../../http/steps/step.ts';

/** Sooner than that nothing may have ended. */
const RETRY_AFTER = 'Retry-After: 1\r\n';

interface Places {
  readonly max: number;
  readonly table: CountTable;
  readonly source: KeySource;
}

class Concurrency implements Step {
  readonly name = 'concurrency';
  readonly #limits: readonly Places[];
  /** What exchanges of this thread hold of each limit, by their records. */
  readonly #held = new Map<ExchangeRecord, Int32Array>();
  readonly #spare: Int32Array[] = [];

  constructor(limits: readonly Places[]) {
    this.#limits = limits;
  }

  onRequest(view: RequestView): Decision {
    const keys = (view.request.placeKeys ??= limitKeys(this.#limits, view.request, view.record));
    const held = this.#spare.pop() ?? new Int32Array(this.#limits.length);
    for (let index = 0; index < this.#limits.length; index++) {
      const { table, max } = this.#limits[index];
      const first = keys[2 * index];
      held[index] = first === 0 ? UNTRACKED : table.take(first, keys[2 * index + 1], max);
      if (held[index] === FULL) return this.#refuse(view, held, index);
    }
    for (let index = 0; index < this.#limits.length; index++) {
      if (keys[2 * index] === 0) continue;
      const { table } = this.#limits[index];
      table.count(HELD_ADMITTED);
      if (held[index] === UNTRACKED) table.count(HELD_UNTRACKED);
    }
    this.#held.set(view.record, held);
    return PASS;
  }

  /** Of a tunnel: at its end. */
  finished(record: ExchangeRecord): void {
    const held = this.#held.get(record);
    if (held === undefined) return;
    this.#held.delete(record);
    this.#giveBack(held, held.length);
  }

  #refuse(view: RequestView, held: Int32Array, at: number): Decision {
    this.#limits[at].table.count(HELD_REFUSED);
    this.#giveBack(held, at);
    return view.refuse(FAULTS.concurrencyLimited, RETRY_AFTER);
  }

  /** What is held of the first `count` limits. */
  #giveBack(held: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) this.#limits[index].table.release(held[index]);
    this.#spare.push(held);
  }
}

function placesOf({ id, max, key }: ConcurrencySpec, { seed, counts }: LimitTables, worker: number): Places {
  return { max, table: new CountTable(counts[id], worker), source: new KeySource(key, seed) };
}

export const createConcurrency: CreateStep = ({ concurrency = [] }, { snapshot, worker }) => {
  const tables = snapshot?.limits;
  if (tables === undefined) throw new Error('limits without tables');
  return new Concurrency(concurrency.map((spec) => placesOf(spec, tables, worker)));
};
