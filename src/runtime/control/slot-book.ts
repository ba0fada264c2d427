/**
 * Which row of a shared table belongs to whom, by identity. A row is given to another owner only when nothing is
 * counted in it any more and every worker has confirmed a snapshot without its last owner; until then it is
 * retired. Rows that have never had an owner go first.
 */

/** What the book asks of the table it keeps. */
export interface SlotTable {
  /** Nothing is counted in this row any more. */
  isFree(slot: number): boolean;
  /** Clears a row for a new owner and returns its new generation. */
  reuse(slot: number): number;
}

export interface Slot {
  readonly slot: number;
  readonly generation: number;
}

interface Retired extends Slot {
  /** The first snapshot without the owner. */
  readonly since: number;
}

export class SlotBook {
  #table: SlotTable;
  #capacity: number;
  readonly #owned = new Map<string, Slot>();
  #retired: Retired[] = [];
  #next = 0;

  constructor(table: SlotTable, capacity: number) {
    this.#table = table;
    this.#capacity = capacity;
  }

  /** Retires the rows of all owners that are not in `ids`; `version` is the first snapshot without them. */
  keepOnly(ids: ReadonlySet<string>, version: number): void {
    for (const [id, slot] of this.#owned) {
      if (ids.has(id)) continue;
      this.#owned.delete(id);
      this.#retired.push({ ...slot, since: version });
    }
  }

  /** The row of `id`, its own or a new one; null where none is to be had. `confirmed` is the version every worker has confirmed. */
  take(id: string, confirmed: number): Slot | null {
    const own = this.#owned.get(id);
    if (own !== undefined) return own;
    const slot = this.#next < this.#capacity ? { slot: this.#next++, generation: 0 } : this.#takeRetired(confirmed);
    if (slot !== null) this.#owned.set(id, slot);
    return slot;
  }

  /** A larger table with the same rows has taken the place of the one before. */
  moveTo(table: SlotTable, capacity: number): void {
    this.#table = table;
    this.#capacity = capacity;
  }

  #takeRetired(confirmed: number): Slot | null {
    const found = this.#retired.find(({ slot, since }) => since <= confirmed && this.#table.isFree(slot));
    if (found === undefined) return null;
    this.#retired = this.#retired.filter((other) => other !== found);
    return { slot: found.slot, generation: this.#table.reuse(found.slot) };
  }
}
