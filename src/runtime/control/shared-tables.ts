/**
 * The control plane's views of the shared tables: those of the current snapshot, and older ones in which something is
 * still counted. Gives back what a thread that is gone still held, and looks now and then whether totals and ledgers
 * agree.
 */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import { DriftCheck } from '../../core/shared/drift-check.ts';
import { PoolTable } from '../../core/shared/pool-table.ts';
import { RouteTable } from '../../core/shared/route-table.ts';
import type { RouteTableHandle } from '../../core/shared/route-table.ts';
import type { PoolSpec, Snapshot } from '../../core/snapshot.ts';

/** How often totals are looked at. */
const AUDIT_MS = 5000;
/** The control plane counts nothing itself: any row will do to look. */
const LOOKING = 0;

/** A table in which something may still be counted. */
interface Retired {
  readonly table: PoolTable;
  /** The larger one that has taken its place; null where its pool is gone. */
  readonly successor: PoolTable | null;
}

interface PoolView {
  readonly table: PoolTable;
  readonly driftCheck: DriftCheck;
}

export class SharedTables {
  #pools = new Map<string, PoolView>();
  #retired: Retired[] = [];
  #routes: RouteTable | null = null;
  /** Route tables that have been outgrown, the oldest first; kept, since a worker may have yet to move on. */
  #retiredRoutes: RouteTable[] = [];
  /** Units by which totals had to be corrected though no thread was lost: 0, or there is a bug. */
  corrections = 0;
  /** Units that threads which are gone still held. */
  returned = 0;

  /**
   * Takes the tables of a snapshot over. What workers that are gone have counted goes to the larger table where there
   * is one; the others, in the slots of `counting`, move theirs themselves.
   */
  attach(snapshot: Snapshot, counting: ReadonlySet<number>): void {
    // Those that were outgrown wait for the next look: a worker may have yet to move what it has counted.
    this.#forgetUnused(({ successor }) => successor === null);
    const before = this.#pools;
    this.#pools = new Map(snapshot.pools.map((pool) => [pool.id, this.#viewOf(pool)]));
    for (const [id, view] of before) this.#retire(view, this.#pools.get(id) ?? null, counting);
    this.#attachRoutes(snapshot.routeTable, counting);
  }

  #retire({ table }: PoolView, now: PoolView | null, counting: ReadonlySet<number>): void {
    if (now?.table === table) return;
    const successor = now?.table ?? null;
    this.#retired.push({ table, successor });
    if (successor === null) return;
    for (const worker of slotsWithout(table.handle.workerSlots, counting)) table.moveStripe(successor, worker);
  }

  #attachRoutes(handle: RouteTableHandle, counting: ReadonlySet<number>): void {
    const before = this.#routes;
    if (before?.handle.id === handle.id) return;
    const table = new RouteTable(handle, LOOKING);
    this.#routes = table;
    if (before === null) return;
    this.#retiredRoutes.push(before);
    for (const worker of slotsWithout(handle.workerSlots, counting)) before.moveStripe(table, worker);
  }

  pool(id: string): PoolTable {
    const view = this.#pools.get(id);
    if (view === undefined) throw new Error(`no pool "${id}"`);
    return view.table;
  }

  get routes(): RouteTable {
    if (this.#routes === null) throw new Error('no snapshot yet');
    return this.#routes;
  }

  /** Gives back what the worker of this slot, whose thread is gone, still held. */
  clearLedgers(worker: number): void {
    for (const { table } of this.#pools.values()) this.returned += table.clearLedger(worker);
    // The oldest first: what it has counted may have to go on from table to table.
    for (const { table, successor } of this.#retired) {
      this.returned += table.clearLedger(worker);
      if (successor !== null) table.moveStripe(successor, worker);
    }
    this.#retiredRoutes.forEach((table, index) => {
      const next = this.#retiredRoutes[index + 1] ?? this.#routes;
      if (next !== null) table.moveStripe(next, worker);
    });
  }

  /** Looks at every total now and again, until that is cancelled. */
  auditRegularly(scheduler: Scheduler): Cancel {
    let cancel: Cancel;
    const auditLater = (): void => {
      cancel = scheduler.after(AUDIT_MS, () => {
        this.audit();
        auditLater();
      });
    };
    auditLater();
    return () => cancel();
  }

  /** One look at every total; those that stay off get corrected. */
  audit(): void {
    this.#forgetUnused(() => true);
    for (const { driftCheck } of this.#pools.values()) this.corrections += driftCheck.run();
  }

  #forgetUnused(isForgotten: (retired: Retired) => boolean): void {
    this.#retired = this.#retired.filter((retired) => !isForgotten(retired) || !isUnused(retired.table));
  }

  #viewOf(pool: PoolSpec): PoolView {
    const view = this.#pools.get(pool.id);
    if (view?.table.handle.id === pool.table.id) return view;
    const table = new PoolTable(pool.table, LOOKING);
    return { table, driftCheck: new DriftCheck(table) };
  }
}

function isUnused(table: PoolTable): boolean {
  for (let slot = 0; slot < table.handle.capacity; slot++) if (!table.isFree(slot)) return false;
  return true;
}

function slotsWithout(workerSlots: number, counting: ReadonlySet<number>): number[] {
  return Array.from({ length: workerSlots }, (_none, slot) => slot).filter((slot) => !counting.has(slot));
}
