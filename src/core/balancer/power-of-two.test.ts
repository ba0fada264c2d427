import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANYWHERE } from '../../../test/conformance/policy-traffic.ts';
import { createSeededRandom } from '../random.ts';
import { PoolTable, UNHEALTHY, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { powerOfTwo } from './power-of-two.ts';

const PICKS = 20_000;

function count(weights: readonly number[], inflight: readonly number[], out: readonly number[] = []): number[] {
  const table = new PoolTable(createPoolTable(weights.length, 1), 0);
  inflight.forEach((attempts, index) => (table.inflight[index] = attempts));
  for (const index of out) table.setHealth(index, UNHEALTHY);
  const slots = Int32Array.from(weights, (_, index) => index);
  const random = createSeededRandom(7919);
  const policy = powerOfTwo.create(policyInput({ table, slots, weights: Float64Array.from(weights), random }));
  const counts = weights.map(() => 0);
  for (let pick = 0; pick < PICKS; pick++) counts[policy.pick(ANYWHERE)]++;
  return counts;
}

function assertShares(counts: readonly number[], shares: readonly number[]): void {
  shares.forEach((share, index) => {
    const off = Math.abs(counts[index] / PICKS - share);
    assert.ok(off <= 4 * Math.sqrt((share * (1 - share)) / PICKS), `${counts.join(' ')} for ${shares.join(' ')}`);
  });
}

describe('the policy power-of-two', () => {
  it('the policy power-of-two picks the k-th least loaded of n as often as two distinct draws hold it and no lesser one', () => {
    assertShares(count([1, 1, 1, 1, 1], [30, 10, 40, 0, 20]), [0.1, 0.3, 0, 0.4, 0.2]);
  });

  it('the policy power-of-two shares an idle pool by weight', () => {
    assertShares(count([6, 3, 1], [0, 0, 0]), [0.6, 0.3, 0.1]);
  });

  it('the policy power-of-two compares attempts in flight per weight', () => {
    assert.deepEqual(count([4, 1], [7, 2]), [PICKS, 0]);
    assert.deepEqual(count([4, 1], [9, 2]), [0, PICKS]);
  });

  it('the policy power-of-two finds the other one however small its weight', () => {
    assert.deepEqual(count([1e6, 1], [3e6, 1]), [0, PICKS]);
  });

  it('the policy power-of-two draws again for what is ineligible, also where hardly any is left', () => {
    assertShares(count([1, 1, 1, 1, 1, 1], [0, 10, 0, 20, 0, 30], [0, 2, 4]), [0, 2 / 3, 0, 1 / 3, 0, 0]);
    const all = Array.from({ length: 100 }, (_, index) => index);
    const counts = count(
      all.map(() => 1),
      [],
      all.filter((index) => index !== 42 && index !== 77),
    );
    assert.equal(counts[42] + counts[77], PICKS);
    assert.ok(Math.abs(counts[42] - counts[77]) < 600);
  });
});
