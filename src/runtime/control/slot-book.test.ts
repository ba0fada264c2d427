import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SlotBook } from './slot-book.ts';

class Table {
  readonly busy = new Set<number>();
  readonly generations = new Map<number, number>();

  isFree(slot: number): boolean {
    return !this.busy.has(slot);
  }

  reuse(slot: number): number {
    const next = (this.generations.get(slot) ?? 0) + 1;
    this.generations.set(slot, next);
    return next;
  }
}

describe('the slot book', () => {
  it('the slot book gives each endpoint its own row, and the same one again', () => {
    const book = new SlotBook(new Table(), 4);
    assert.deepEqual(book.take('a', 0), { slot: 0, generation: 0 });
    assert.deepEqual(book.take('b', 0), { slot: 1, generation: 0 });
    assert.deepEqual(book.take('a', 9), { slot: 0, generation: 0 });
  });

  it('the slot book gives a row to another only once every worker has confirmed a snapshot without its owner', () => {
    const book = new SlotBook(new Table(), 1);
    book.take('a', 0);
    book.keepOnly(new Set(['b']), 2);
    assert.equal(book.take('b', 1), null);
    assert.deepEqual(book.take('b', 2), { slot: 0, generation: 1 });
  });

  it('the slot book gives a row to another only once nothing is counted in it', () => {
    const table = new Table();
    const book = new SlotBook(table, 1);
    book.take('a', 0);
    table.busy.add(0);
    book.keepOnly(new Set(), 2);
    assert.equal(book.take('b', 5), null);
    table.busy.clear();
    assert.deepEqual(book.take('b', 5), { slot: 0, generation: 1 });
  });

  it('the slot book treats an endpoint that has left and comes back as another', () => {
    const book = new SlotBook(new Table(), 2);
    book.take('a', 0);
    book.keepOnly(new Set(), 2);
    assert.deepEqual(book.take('a', 1), { slot: 1, generation: 0 });
  });
});
