/**
 * The control plane's views of the shared tables: those of the current snapshot, and older ones in which something is
 * still counted. Gives back what a thread that is gone still held, and looks now and then whether totals and ledgers
 * agree.
 */
import { DriftCheck } from '../core/shared/drift-check.ts';
import { PoolTable } from '../core/shared/pool-table.ts';
import { RouteTable } from '../core/shared/route-table.ts';
import type { PoolSpec, Snapshot } from '../core/snapshot.ts';

/** How often {@link SharedTables.audit} wants to be called. */
export const AUDIT_MS = 5000;
/** The control plane counts nothing itself: any row will do to look. */
const LOOKING = 0;

interface PoolView {
  readonly table: PoolTable;
  readonly driftCheck: DriftCheck;
}

export class SharedTables {
  #pools = new Map<string, PoolView>();
  #retired: PoolTable[] = [];
  #routes: RouteTable | null = null;
  /** Units by which totals had to be corrected though no thread was lost: 0, or there is a bug. */
  corrections = 0;
  /** Units that threads which are gone still held. */
  returned = 0;

  /** Takes the tables of a snapshot over. */
  attach(snapshot: Snapshot): void {
    const before = this.#pools;
    this.#pools = new Map(snapshot.pools.map((pool) => [pool.id, this.#viewOf(pool)]));
    const kept = new Set(this.#pools.values());
    for (const view of before.values()) if (!kept.has(view)) this.#retired.push(view.table);
    if (this.#routes?.handle.buffer !== snapshot.routeTable.buffer) {
      this.#routes = new RouteTable(snapshot.routeTable, LOOKING);
    }
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
    for (const table of this.#retired) this.returned += table.clearLedger(worker);
  }

  /** One look at every total; those that stay off get corrected. */
  audit(): void {
    this.#retired = this.#retired.filter((table) => !isUnused(table));
    for (const { driftCheck } of this.#pools.values()) this.corrections += driftCheck.run();
  }

  #viewOf(pool: PoolSpec): PoolView {
    const view = this.#pools.get(pool.id);
    if (view?.table.handle.buffer === pool.table.buffer) return view;
    const table = new PoolTable(pool.table, LOOKING);
    return { table, driftCheck: new DriftCheck(table) };
  }
}

function isUnused(table: PoolTable): boolean {
  for (let slot = 0; slot < table.handle.capacity; slot++) if (!table.isFree(slot)) return false;
  return true;
}
