/** Tables of limits of concurrency: which limit has which, and what they have counted. */
import type { ConcurrencySpec, ConcurrencyStats } from '../../core/limits/concurrency.ts';
import {
  CountTable,
  HELD_ADMITTED,
  HELD_REFUSED,
  HELD_UNTRACKED,
  createCountTable,
} from '../../core/limits/count-table.ts';
import type { CountTableHandle } from '../../core/limits/count-table.ts';
import type { RouteSpec } from '../../core/snapshot.ts';

/** The control plane holds nothing itself: any row will do to look. */
const LOOKING = 0;

interface Counted {
  readonly spec: ConcurrencySpec;
  readonly table: CountTable;
}

type Handles = Readonly<Record<string, CountTableHandle>>;
export type ConcurrentRoute = Pick<RouteSpec, 'concurrency'>;

export class CountTables {
  readonly #workerSlots: number;
  #counted = new Map<string, Counted>();
  /** Of earlier configs, in which exchanges may still be counted. */
  #retired: CountTable[] = [];

  constructor(workerSlots: number) {
    this.#workerSlots = workerSlots;
  }

  /** Those of these routes by the identity of the limit: the same as before, or new ones. Nothing has changed yet. */
  of(routes: readonly ConcurrentRoute[]): Handles {
    const handles = specsOf(routes).map((spec): [string, CountTableHandle] => {
      const before = this.#counted.get(spec.id);
      const isKept = before !== undefined && tableText(before.spec) === tableText(spec);
      return [spec.id, isKept ? before.table.handle : createCountTable(spec.keys, this.#workerSlots)];
    });
    return Object.fromEntries(handles);
  }

  /** From now on these are the ones that count. */
  settle(routes: readonly ConcurrentRoute[], handles: Handles): void {
    const before = this.#counted;
    this.#counted = new Map(
      specsOf(routes).map((spec) => {
        const old = before.get(spec.id);
        const isKept = old?.table.handle.id === handles[spec.id].id;
        return [spec.id, { spec, table: isKept ? old.table : new CountTable(handles[spec.id], LOOKING) }];
      }),
    );
    const kept = new Set([...this.#counted.values()].map(({ table }) => table));
    const retired = [...before.values()].map(({ table }) => table).filter((table) => !kept.has(table));
    this.#retired = [...this.#retired, ...retired].filter(({ held }) => held > 0);
  }

  /** Gives back what the worker of this slot, whose thread is gone, still held. */
  clearLedgers(worker: number): void {
    for (const { table } of this.#counted.values()) table.clearLedger(worker);
    for (const table of this.#retired) table.clearLedger(worker);
  }

  stats(): readonly ConcurrencyStats[] {
    return [...this.#counted.values()].map(({ spec: { id, max, key }, table }) => {
      const [route, place] = id.split(' ');
      return {
        route,
        place: Number(place),
        max,
        key: key.parts,
        held: table.held,
        admitted: table.total(HELD_ADMITTED),
        refused: table.total(HELD_REFUSED),
        untracked: table.total(HELD_UNTRACKED),
      };
    });
  }
}

function specsOf(routes: readonly ConcurrentRoute[]): readonly ConcurrencySpec[] {
  return routes.flatMap(({ concurrency = [] }) => concurrency);
}

/** A table stays as long as what it counts means the same; `max` may change. */
function tableText({ key, keys }: ConcurrencySpec): string {
  return JSON.stringify([key.parts, key.missing, keys]);
}
