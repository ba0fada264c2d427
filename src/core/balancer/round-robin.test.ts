import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../random.ts';
import { PoolTable, UNHEALTHY, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import type { Policy } from './policy.ts';
import { roundRobin } from './round-robin.ts';

function createPool(weights: readonly number[]): { readonly table: PoolTable; readonly policy: Policy } {
  const table = new PoolTable(createPoolTable(weights.length, 1), 0);
  const slots = Int32Array.from(weights, (_, index) => index);
  const random = createSeededRandom(1);
  return {
    table,
    policy: roundRobin.create(policyInput({ table, slots, weights: Float64Array.from(weights), random })),
  };
}

function picks(policy: Policy, count: number, tried: readonly number[] | null = null): string {
  return Array.from({ length: count }, () => 'abcdefg'[policy.pick({ tried, key: 0 })] ?? '-').join('');
}

describe('the policy round-robin', () => {
  it('the policy round-robin walks the smooth weighted sequence again and again', () => {
    const { policy } = createPool([5, 1, 1]);
    assert.equal(picks(policy, 21), 'aabacaa'.repeat(3));
  });

  it('the policy round-robin walks the same sequence with every policy made on the table', () => {
    const { table, policy } = createPool([1, 1, 1]);
    const slots = Int32Array.of(0, 1, 2);
    const input = policyInput({ table, slots, weights: Float64Array.of(1, 1, 1), workers: 2 });
    const other = roundRobin.create(input);
    assert.equal(Array.from({ length: 4 }, () => picks(policy, 1) + picks(other, 1)).join(''), 'abcabcab');
  });

  it('the policy round-robin leaves an ineligible endpoint out of the sequence, and takes it in again', () => {
    const { table, policy } = createPool([5, 1, 1]);
    table.setHealth(1, UNHEALTHY);
    assert.equal(picks(policy, 12), 'aaacaa'.repeat(2));
    table.setHealth(1, 0);
    assert.equal(picks(policy, 7), 'aabacaa');
  });

  it('the policy round-robin passes over what was tried, and goes back to it when nothing else is eligible', () => {
    const { table, policy } = createPool([1, 1, 1]);
    assert.equal(picks(policy, 4, [1]), 'acac');
    table.setHealth(0, UNHEALTHY);
    table.setHealth(2, UNHEALTHY);
    assert.equal(picks(policy, 3, [1]), 'bbb');
    table.setHealth(1, UNHEALTHY);
    assert.equal(picks(policy, 2, [1]), '--');
    assert.equal(picks(policy, 2), '--');
  });

  it('the policy round-robin goes on without a break where the cursor is set back', () => {
    for (const out of [[], [2], [0, 2]]) {
      const fresh = createPool([5, 1, 1]);
      const old = createPool([5, 1, 1]);
      for (const { table } of [fresh, old]) for (const slot of out) table.setHealth(slot, UNHEALTHY);
      // A whole number of rounds, just short of 2 ** 30.
      old.table.cursor[0] = 2 ** 30 - (2 ** 30 % 7) - 14;
      assert.equal(picks(old.policy, 100), picks(fresh.policy, 100));
      assert.ok(old.table.cursor[0] < 1000, `the cursor stands at ${old.table.cursor[0]}`);
    }
  });
});
