import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../random.ts';
import { INELIGIBLE, PoolTable, UNHEALTHY, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { WeightedDraw } from './weighted-draw.ts';

const DRAWS = 20_000;

/** Draws from 200 endpoints of weights 1 to 4 of which only a few are open, so that most draws end in the scan. */
function countOpen(open: readonly number[], except: number, tried: readonly number[] | null): Map<number, number> {
  const table = new PoolTable(createPoolTable(200, 1), 0);
  const slots = Int32Array.from({ length: 200 }, (_, index) => index);
  const weights = Float64Array.from(slots, (slot) => 1 + (slot % 4));
  for (const slot of slots) if (!open.includes(slot)) table.setHealth(slot, UNHEALTHY);
  const draw = new WeightedDraw(
    policyInput({ table, slots, weights, random: createSeededRandom(99) }),
    table.inflight,
    INELIGIBLE,
  );
  const counts = new Map<number, number>();
  for (let time = 0; time < DRAWS; time++) {
    const index = draw.drawOther(tried, except);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return counts;
}

describe('WeightedDraw', () => {
  it('WeightedDraw draws the few that are open by weight', () => {
    const counts = countOpen([0, 41, 102, 199], -1, null);
    assert.equal(counts.size, 4);
    for (const [index, count] of counts) {
      const share = (1 + (index % 4)) / 10;
      assert.ok(Math.abs(count / DRAWS - share) < 4 * Math.sqrt((share * (1 - share)) / DRAWS), `${index}: ${count}`);
    }
  });

  it('WeightedDraw draws neither the one excepted nor those that were tried', () => {
    assert.deepEqual([...countOpen([3, 5, 7], 5, [7])], [[3, DRAWS]]);
    assert.deepEqual([...countOpen([3, 5], 5, [3])], [[-1, DRAWS]]);
  });
});
