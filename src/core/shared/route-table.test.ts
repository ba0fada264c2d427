import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantile } from './histogram.ts';
import {
  ROUTE_BYTES_OUT,
  ROUTE_FAULTS,
  ROUTE_REQUESTS,
  ROUTE_STATUS,
  RouteTable,
  createRouteTable,
} from './route-table.ts';

describe('RouteTable', () => {
  it('RouteTable sums what all workers counted, per route', () => {
    const handle = createRouteTable(2, 3);
    const workers = [0, 1, 2].map((worker) => new RouteTable(handle, worker));
    workers.forEach((table, worker) => {
      table.count(1, ROUTE_BYTES_OUT, 10 ** worker);
      table.count(2, ROUTE_FAULTS, 1);
    });
    assert.equal(workers[0].total(1, ROUTE_BYTES_OUT), 111);
    assert.equal(workers[2].total(2, ROUTE_FAULTS), 3);
    assert.equal(workers[1].total(0, ROUTE_BYTES_OUT), 0);
  });

  it('RouteTable counts a finished exchange, its status class and its time', () => {
    const handle = createRouteTable(1, 2);
    const first = new RouteTable(handle, 0);
    const second = new RouteTable(handle, 1);
    first.finish(1, 204, 2);
    second.finish(1, 503, 40);
    second.finish(1, 299, 2);
    assert.equal(first.total(1, ROUTE_REQUESTS), 3);
    assert.equal(first.total(1, ROUTE_STATUS + 2), 2);
    assert.equal(first.total(1, ROUTE_STATUS + 5), 1);
    const histogram = first.histogram(1);
    assert.equal(
      histogram.reduce((sum, count) => sum + count),
      3,
    );
    assert.ok(Math.abs(quantile(histogram, 0.5) - 2) < 0.14);
    assert.ok(Math.abs(quantile(histogram, 1) - 40) < 2.8);
  });

  it('RouteTable counts no class for a status outside of 100 to 599', () => {
    const table = new RouteTable(createRouteTable(0, 1), 0);
    for (const status of [0, 99, 600, 999, NaN]) table.finish(0, status, 1);
    assert.equal(table.total(0, ROUTE_REQUESTS), 5);
    for (let statusClass = 1; statusClass <= 5; statusClass++)
      assert.equal(table.total(0, ROUTE_STATUS + statusClass), 0);
    assert.equal(table.total(0, ROUTE_STATUS + 6), 0);
  });

  it('RouteTable takes a time that is no number without touching another row', () => {
    const table = new RouteTable(createRouteTable(1, 1), 0);
    table.finish(1, 200, NaN);
    assert.equal(
      table.histogram(0).reduce((sum, count) => sum + count),
      0,
    );
    assert.equal(
      table.histogram(1).reduce((sum, count) => sum + count),
      1,
    );
  });
});

describe('a route table that is outgrown', () => {
  it('a route table that is outgrown hands over what one worker has counted, row by row, and nobody else’s', () => {
    const [small, large] = [createRouteTable(2, 3), createRouteTable(20, 3)];
    const before = [0, 1, 2].map((worker) => new RouteTable(small, worker));
    const after = new RouteTable(large, 0);
    before.forEach((table, worker) => {
      table.finish(2, 200, 10 * (worker + 1));
      table.count(1, ROUTE_BYTES_OUT, 10 ** worker);
    });
    before[1].moveStripe(after, 1);
    assert.deepEqual([after.total(2, ROUTE_REQUESTS), before[0].total(2, ROUTE_REQUESTS)], [1, 2]);
    assert.deepEqual([after.total(1, ROUTE_BYTES_OUT), before[0].total(1, ROUTE_BYTES_OUT)], [10, 101]);
    for (const worker of [0, 2]) before[0].moveStripe(after, worker);
    assert.equal(after.total(2, ROUTE_STATUS + 2), 3);
    assert.equal(
      after.histogram(2).reduce((sum, count) => sum + count, 0),
      3,
    );
    assert.equal(before[0].total(2, ROUTE_REQUESTS), 0);
  });

  it('a route table that is outgrown clears one row for another route, and no other', () => {
    const table = new RouteTable(createRouteTable(3, 2), 1);
    for (const row of [1, 2, 3]) table.finish(row, 200, 5);
    table.clear(2);
    assert.deepEqual(
      [1, 2, 3].map((row) => [table.total(row, ROUTE_REQUESTS), quantile(table.histogram(row), 0.5) > 0]),
      [
        [1, true],
        [0, false],
        [1, true],
      ],
    );
  });
});
