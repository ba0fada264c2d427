import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lowestOf, poolOf, situations } from '../../../test/support/policy-situations.ts';
import { EJECTED, PoolTable, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { first } from './first.ts';

const ANYWHERE = { tried: null, key: 0 };

function createPool(weights: readonly number[], capacity: number | null) {
  const table = new PoolTable(createPoolTable(weights.length, 1), 0);
  const slots = Int32Array.from(weights, (_, index) => index);
  const capacities = capacity === null ? null : new Int32Array(weights.length).fill(capacity);
  const policy = first.create(policyInput({ table, slots, weights: Float64Array.from(weights), capacities }));
  const take = (count: number): string =>
    Array.from({ length: count }, () => {
      const index = policy.pick(ANYWHERE);
      table.acquire(index);
      return index;
    }).join(' ');
  return { table, policy, take };
}

describe('first', () => {
  it('the policy first fills one endpoint after another, and those that have room again first', () => {
    const { table, take } = createPool([1, 1, 0, 1], 2);
    assert.equal(take(5), '0 0 1 1 3');
    table.release(0);
    assert.equal(take(2), '0 3');
  });

  it('the policy first goes to the one with the fewest per weight when all are full', () => {
    const { take } = createPool([1, 2], 1);
    assert.equal(take(5), '0 1 1 0 1');
  });

  it('the policy first stays with the first where nothing fills it', () => {
    const { table, take } = createPool([1, 1, 1], null);
    assert.equal(take(10), '0 0 0 0 0 0 0 0 0 0');
    table.setHealth(0, EJECTED);
    assert.equal(take(3), '1 1 1');
  });

  it('the policy first takes the first one with room that was not tried, wherever in the table the endpoints are', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { tried, ...given } = poolOf(situation);
        const withRoom = situation.findIndex(({ inFlight, capacity, weight, flags, isTried }) => {
          return inFlight < capacity && weight > 0 && flags === 0 && !isTried;
        });
        const isAnyUntried = situation.some(({ weight, flags, isTried }) => weight > 0 && flags === 0 && !isTried);
        const emptiest = lowestOf(situation, ({ inFlight, weight }) => inFlight / weight);
        const triedWithRoom = situation.findIndex(({ inFlight, capacity, weight, flags }) => {
          return inFlight < capacity && weight > 0 && flags === 0;
        });
        const expected = withRoom >= 0 ? withRoom : isAnyUntried || triedWithRoom < 0 ? emptiest : triedWithRoom;
        assert.equal(first.create(policyInput(given)).pick({ tried, key: 0 }), expected);
      }),
      { numRuns: 1000 },
    );
  });
});
