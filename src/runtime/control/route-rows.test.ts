import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ROUTE_REQUESTS, RouteTable } from '../../core/shared/route-table.ts';
import { RouteRows } from './route-rows.ts';

const names = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_none, index) => `r${from + index}`);

function place(
  rows: RouteRows,
  ids: readonly string[],
  version: number,
  confirmed: number,
  held: number[] = [],
): number[] {
  return rows.place(ids, version, { version: confirmed, heldRoutes: new Set(held) });
}

describe('the rows of routes', () => {
  it('the rows of routes are given again, cleared, once every worker has confirmed that their owner is gone', () => {
    const rows = new RouteRows(1);
    const first = place(rows, names(0, 17), 1, 0);
    const capacity = rows.handle.capacity;
    new RouteTable(rows.handle, 0).count(first[0], ROUTE_REQUESTS, 7);
    place(rows, names(100, 16), 2, 1);
    // All rows have had an owner by now; those of the first are free when 2 has been confirmed.
    const third = place(rows, names(200, 17), 3, 2);
    assert.equal(rows.handle.capacity, capacity);
    assert.deepEqual(third, first);
    assert.equal(new RouteTable(rows.handle, 0).total(third[0], ROUTE_REQUESTS), 0);
  });

  it('the rows of routes stay taken while a worker has an exchange of their last owner', () => {
    const rows = new RouteRows(1);
    const [held, ...others] = place(rows, names(0, 17), 1, 0);
    place(rows, names(100, 16), 2, 1);
    const third = place(rows, names(200, 16), 3, 2, [held]);
    assert.ok(!third.includes(held));
    assert.deepEqual(third, others);
  });

  it('the rows of routes are the same ones in a larger table', () => {
    const rows = new RouteRows(2);
    const before = place(rows, names(0, 10), 1, 0);
    const { id } = rows.handle;
    const after = place(rows, names(0, 100), 2, 1);
    assert.notEqual(rows.handle.id, id);
    assert.deepEqual(after.slice(0, 10), before);
    assert.equal(new Set(after).size, 100);
  });
});
