import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANYWHERE } from '../../../test/conformance/policy-traffic.ts';
import { createSeededRandom } from '../random.ts';
import { DRAINING, EJECTED, PoolTable, REFUSED, UNHEALTHY, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { createPanicPolicy } from './panic.ts';
import type { Policy } from './policy.ts';

function createPool(flags: readonly number[], weights = flags.map(() => 1)): Policy {
  const table = new PoolTable(createPoolTable(flags.length, 1), 0);
  flags.forEach((each, index) => table.setHealth(index, each));
  const slots = Int32Array.from(flags, (_, index) => index);
  const random = createSeededRandom(5);
  return createPanicPolicy(policyInput({ table, slots, weights: Float64Array.from(weights), random }));
}

function count(policy: Policy, endpoints: number, tried: readonly number[] | null = null): number[] {
  const counts = new Array<number>(endpoints).fill(0);
  for (let pick = 0; pick < 4000; pick++) counts[policy.pick({ tried, key: 0 })]++;
  return counts;
}

describe('a pool in panic', () => {
  it('a pool in panic tries the unhealthy and the ejected by weight, never the draining and the refused', () => {
    const flags = [UNHEALTHY, UNHEALTHY | REFUSED, EJECTED, DRAINING | UNHEALTHY, UNHEALTHY | EJECTED];
    const counts = count(createPool(flags, [1, 1, 2, 1, 1]), 5);
    assert.equal(counts[1] + counts[3], 0);
    assert.ok(Math.abs(counts[2] - 2000) < 200 && Math.abs(counts[0] - counts[4]) < 200, counts.join(' '));
  });

  it('a pool in panic avoids what was tried while there is another', () => {
    const policy = createPool([UNHEALTHY, UNHEALTHY, REFUSED | UNHEALTHY]);
    assert.deepEqual(count(policy, 3, [0]), [0, 4000, 0]);
    assert.equal(count(policy, 3, [0, 1])[2], 0);
  });

  it('a pool in panic finds nothing where everything refuses or drains', () => {
    assert.equal(createPool([REFUSED | UNHEALTHY, DRAINING]).pick(ANYWHERE), -1);
    assert.equal(createPool([]).pick(ANYWHERE), -1);
  });
});
