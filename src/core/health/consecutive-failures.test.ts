import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PoolTable, createPoolTable } from '../shared/pool-table.ts';
import { clearFailures, recordFailure, recordSuccess } from './consecutive-failures.ts';

function failTimes(table: PoolTable, slot: number, times: number, threshold: number): boolean[] {
  return Array.from({ length: times }, () => recordFailure(table, slot, threshold));
}

describe('recordFailure and recordSuccess', () => {
  it('reports the failure that completes the threshold, and no other', () => {
    const table = new PoolTable(createPoolTable(2, 1), 0);
    assert.deepEqual(failTimes(table, 1, 5, 5), [false, false, false, false, true]);
    assert.equal(table.failures[0], 0);
  });

  it('reports again after as many more', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    assert.deepEqual(failTimes(table, 0, 7, 3), [false, false, true, false, false, true, false]);
  });

  it('begins anew after a success, and after a return', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    failTimes(table, 0, 2, 3);
    recordSuccess(table, 0);
    assert.deepEqual(failTimes(table, 0, 2, 3), [false, false]);
    clearFailures(table, 0);
    assert.deepEqual(failTimes(table, 0, 3, 3), [false, false, true]);
  });

  it('counts and reports nothing with a threshold of 0', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    assert.deepEqual(failTimes(table, 0, 3, 0), [false, false, false]);
    assert.equal(table.failures[0], 3);
  });
});
