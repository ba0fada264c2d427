import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER_STRAYS, PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import { StrayRecord } from './stray-record.ts';

const SLOT = 1;

function twoThreads(): { readonly table: PoolTable; readonly records: readonly StrayRecord[] } {
  const handle = createPoolTable(2, 2);
  const tables = [0, 1].map((worker) => new PoolTable(handle, worker));
  return { table: tables[0], records: tables.map((table) => new StrayRecord(table, SLOT)) };
}

test('after bytes behind an answer without a body, no thread reuses a connection after such an answer', () => {
  const { table, records } = twoThreads();
  records[0].met(false);
  for (const record of records) {
    assert.equal(record.mayFollow(false), false);
    assert.equal(record.mayFollow(true), true);
  }
  assert.equal(table.total(SLOT, COUNTER_STRAYS), 1);
  assert.equal(new StrayRecord(table, 0).mayFollow(false), true);
});

test('after bytes behind a body, no thread reuses a connection at all', () => {
  const { records } = twoThreads();
  records[1].met(true);
  for (const record of records) assert.deepEqual([record.mayFollow(false), record.mayFollow(true)], [false, false]);
});

test('bytes on a connection that is idle behind a body count as a rest of an answer from the fifth time on', () => {
  const { table, records } = twoThreads();
  for (let time = 1; time <= 4; time++) records[0].metIdle();
  assert.equal(records[0].mayFollow(true), true);
  records[0].metIdle();
  assert.equal(records[0].mayFollow(true), false);
  assert.equal(table.total(SLOT, COUNTER_STRAYS), 5);
});

test('an endpoint is known to be clean after a thousand answers with nothing behind them', () => {
  const { records } = twoThreads();
  for (let count = 0; count < 999; count++) records[0].clean();
  assert.equal(records[0].isKnownClean, false);
  records[0].clean();
  assert.deepEqual([records[0].isKnownClean, records[1].isKnownClean], [true, false]);
});
