import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RouteTable, createRouteTable } from '../shared/route-table.ts';
import { HedgeDelay } from './hedge-delay.ts';

function routes(): RouteTable {
  return new RouteTable(createRouteTable(1, 1), 0);
}

function finish(table: RouteTable, count: number, ms: number): void {
  for (let index = 0; index < count; index++) table.finish(1, 200, ms);
}

test('a fixed delay holds from the first request on', () => {
  assert.equal(new HedgeDelay({ delayMs: 40, percentile: 0 }, 1).at(0, routes()), 40);
});

test('a percentile is that of the route, and there is none before 100 requests', () => {
  const table = routes();
  const delay = new HedgeDelay({ delayMs: 0, percentile: 95 }, 1);
  finish(table, 94, 10);
  assert.equal(delay.at(0, table), 0);
  finish(table, 6, 200);
  assert.equal(delay.at(500, table), 0, 'worked out once a second');
  const ms = delay.at(1000, table);
  assert.ok(ms > 180 && ms < 220, `${ms}`);
});

test('a percentile forgets what was slow a minute ago', () => {
  const table = routes();
  const delay = new HedgeDelay({ delayMs: 0, percentile: 95 }, 1);
  let now = 0;
  finish(table, 200, 500);
  assert.ok(delay.at(now, table) > 450);
  for (; now < 70_000; now += 1000) {
    finish(table, 20, 5);
    delay.at(now, table);
  }
  const ms = delay.at(now, table);
  assert.ok(ms > 4 && ms < 6, `${ms}`);
});
