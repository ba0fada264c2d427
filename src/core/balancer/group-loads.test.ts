import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EJECTED, PoolTable, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { GroupLoads } from './group-loads.ts';
import { groupsOf } from './groups.ts';
import type { Placed } from './groups.ts';

const PLACED: Placed = { weight: 1, priority: 0, zone: '', isBackup: false };

/** Shares of the groups, rounded, with these endpoints out; groups as `p1` (priority), `near`, `backup`. */
function sharesOf(endpoints: readonly Partial<Placed>[], out: readonly number[], zone = ''): Record<string, number> {
  const placed = endpoints.map((each) => ({ ...PLACED, ...each }));
  const table = new PoolTable(createPoolTable(placed.length, 1), 0);
  for (const slot of out) table.setHealth(slot, EJECTED);
  const slots = Int32Array.from(placed, (_, index) => index);
  const groups = groupsOf(placed, zone);
  const input = policyInput({ table, slots, weights: Float64Array.from(placed, ({ weight }) => weight) });
  const loads = new GroupLoads(input, groups);
  loads.refresh();
  const names = groups.map(({ level, isBackup, isNear }) => `${isBackup ? 'backup' : level}${isNear ? ' near' : ''}`);
  return Object.fromEntries(names.map((name, index) => [name, Math.round(1000 * loads.shares[index]) / 1000]));
}

describe('the groups of a pool', () => {
  const two = [{}, {}, {}, {}, { priority: 1 }, { priority: 1 }, { priority: 1 }, { priority: 1 }];

  it('the groups of a pool are one where nothing tells endpoints apart', () => {
    assert.equal(groupsOf([PLACED, { ...PLACED, zone: 'b' }], '').length, 1);
    assert.equal(groupsOf([PLACED, PLACED], 'a').length, 1);
    assert.equal(
      groupsOf(
        [
          { ...PLACED, zone: 'b' },
          { ...PLACED, zone: 'c' },
        ],
        'a',
      ).length,
      1,
      'none of ours',
    );
    assert.equal(groupsOf([], '').length, 1);
  });

  it('the groups of a pool overflow to the next priority when less than 1 / 1.4 of a group is eligible, in proportion', () => {
    assert.deepEqual(sharesOf(two, []), { 0: 1, 1: 0 });
    assert.deepEqual(sharesOf(two, [0]), { 0: 1, 1: 0 }, 'three of four are enough');
    assert.deepEqual(sharesOf(two, [0, 1]), { 0: 0.7, 1: 0.3 });
    assert.deepEqual(sharesOf(two, [0, 1, 2]), { 0: 0.35, 1: 0.65 });
    assert.deepEqual(sharesOf(two, [0, 1, 2, 3]), { 0: 0, 1: 1 });
  });

  it('the groups of a pool share in proportion to what is left where all together are not enough', () => {
    assert.deepEqual(sharesOf(two, [0, 1, 2, 5, 6, 7]), { 0: 0.5, 1: 0.5 });
    assert.deepEqual(sharesOf(two, [0, 1, 2, 3, 5, 6, 7]), { 0: 0, 1: 1 });
    assert.deepEqual(sharesOf(two, [0, 1, 2, 3, 4, 5, 6, 7]), { 0: 0, 1: 0 });
  });

  it('the groups of a pool go by weight, and by the order of priorities, whatever their numbers', () => {
    const uneven = [{ weight: 3 }, { weight: 1 }, { priority: 7 }, { priority: 9 }];
    assert.deepEqual(sharesOf(uneven, [1]), { 0: 1, 1: 0, 2: 0 });
    assert.deepEqual(sharesOf(uneven, [0]), { 0: 0.35, 1: 0.65, 2: 0 });
    assert.deepEqual(sharesOf(uneven, [0, 2]), { 0: 0.35, 1: 0, 2: 0.65 });
  });

  it('the groups of a pool leave backups alone while any other is eligible', () => {
    const all = [{}, {}, { priority: 1 }, { isBackup: true }, { isBackup: true }];
    assert.deepEqual(sharesOf(all, [0, 1]), { 0: 0, 1: 1, backup: 0 });
    assert.deepEqual(sharesOf(all, [0, 2]), { 0: 1, 1: 0, backup: 0 });
    assert.deepEqual(sharesOf(all, [0, 1, 2]), { 0: 0, 1: 0, backup: 1 });
    assert.deepEqual(sharesOf(all, [0, 1, 2, 4]), { 0: 0, 1: 0, backup: 1 });
  });

  it('the groups of a pool keep traffic in their own zone while it has its share of what is eligible', () => {
    const zones = [{ zone: 'a' }, { zone: 'a' }, { zone: 'a' }, { zone: 'b' }, { zone: 'b' }, { zone: 'b' }];
    assert.deepEqual(sharesOf(zones, [], 'a'), { '0 near': 1, 0: 0 });
    assert.deepEqual(sharesOf(zones, [3], 'a'), { '0 near': 1, 0: 0 });
    // Two of five that are left, and half of the traffic comes from here: four fifths of it stay.
    assert.deepEqual(sharesOf(zones, [0], 'a'), { '0 near': 0.8, 0: 0.2 });
    assert.deepEqual(sharesOf(zones, [0, 1, 2], 'a'), { '0 near': 0, 0: 1 });
    assert.deepEqual(sharesOf(zones, [3, 4, 5], 'a'), { '0 near': 1, 0: 0 });
    assert.deepEqual(sharesOf([{ zone: 'a' }, {}, {}, {}], [], 'a'), { '0 near': 0.5, 0: 0.5 });
  });

  it('the groups of a pool are divided by zone within a priority', () => {
    const all = [{ zone: 'a' }, { zone: 'b' }, { zone: 'a', priority: 1 }, { zone: 'b', priority: 1 }];
    assert.deepEqual(sharesOf(all, [0], 'a'), { '0 near': 0, 0: 0.7, '1 near': 0.3, 1: 0 });
  });
});
