/**
 * Which row of the route table belongs to which route, or listener of layer 4. A row is given to another owner only
 * when every worker has confirmed a snapshot without its first one and none has an exchange or a session of it left:
 * then nobody counts in it.
 */
import { RouteTable, createRouteTable } from '../../core/shared/route-table.ts';
import type { RouteTableHandle } from '../../core/shared/route-table.ts';
import type { Confirmation } from './compile.ts';
import { SlotBook } from './slot-book.ts';
import type { SlotTable } from './slot-book.ts';

/** Room for routes that come later, at least; half as much as there are. */
const SPARE_ROUTES = 16;

export class RouteRows implements SlotTable {
  readonly #workerSlots: number;
  #table: RouteTable;
  #book: SlotBook;
  #held: ReadonlySet<number> = new Set();

  constructor(workerSlots: number) {
    this.#workerSlots = workerSlots;
    this.#table = new RouteTable(createRouteTable(0, workerSlots), 0);
    this.#book = new SlotBook(this, 0);
  }

  get handle(): RouteTableHandle {
    return this.#table.handle;
  }

  /** Slots of the rows of these, in a table with room for all of them. `version`: of the snapshot that has them. */
  place(owners: readonly string[], version: number, confirmed: Confirmation): number[] {
    this.#held = confirmed.heldRoutes;
    this.#book.keepOnly(new Set(owners), version);
    let placed = this.#tryPlace(owners, confirmed.version);
    if (placed === null) {
      this.#enlarge(owners.length);
      placed = this.#tryPlace(owners, confirmed.version);
    }
    if (placed === null) throw new Error('compile: the routes do not fit their new table');
    return placed;
  }

  isFree(row: number): boolean {
    return !this.#held.has(slotOf(row));
  }

  reuse(row: number): number {
    this.#table.clear(slotOf(row));
    return 0;
  }

  #tryPlace(owners: readonly string[], confirmed: number): number[] | null {
    const placed: number[] = [];
    for (const owner of owners) {
      const row = this.#book.take(owner, confirmed);
      if (row === null) return null;
      placed.push(slotOf(row.slot));
    }
    return placed;
  }

  /** Old rows may stay taken for a while: there is room for all of the new ones beside them. */
  #enlarge(routes: number): void {
    const before = this.#table.handle.capacity - 1;
    const spare = Math.max(SPARE_ROUTES, routes >> 1);
    const rows = before === 0 ? routes + spare : before + Math.max(before, routes);
    this.#table = new RouteTable(createRouteTable(rows, this.#workerSlots), 0);
    this.#book.moveTo(this, rows);
  }
}

/** Slot 0 of the table is for requests that met no route. */
function slotOf(row: number): number {
  return row + 1;
}
