import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../random.ts';
import { belowSuccessRate, isOutlier } from './outliers.ts';
import type { Traffic } from './recent-traffic.ts';

function met(attempts: number, common: number, failures = common): Traffic {
  return { attempts, failures, common };
}

describe('isOutlier', () => {
  it('an endpoint is an outlier where the others answer well, whatever the numbers', () => {
    assert.ok(isOutlier(met(65, 5), met(250, 0)));
    assert.ok(isOutlier(met(5, 5), met(1, 0)));
    assert.ok(isOutlier(met(1, 1), met(100, 0)));
    assert.ok(isOutlier(met(600, 600), met(2400, 100)));
  });

  it('an endpoint is not an outlier where the others fail by more than half of its share', () => {
    assert.ok(!isOutlier(met(600, 600), met(2400, 2400)));
    assert.ok(!isOutlier(met(600, 600), met(2400, 1201)));
    assert.ok(isOutlier(met(600, 600), met(2400, 1199)));
    assert.ok(!isOutlier(met(5, 5), met(20, 20)));
  });

  it('an endpoint is an outlier with no other to compare with', () => {
    assert.ok(isOutlier(met(5, 5), met(0, 0)));
  });

  it('isOutlier counts failures of attempts that began before the ten seconds', () => {
    assert.ok(isOutlier(met(0, 5), met(200, 0)));
    assert.ok(!isOutlier(met(0, 5), met(0, 20)));
  });

  it('an endpoint is hardly ever an outlier by chance: five endpoints that fail alike, at the fifth failure of the first', () => {
    const random = createSeededRandom(7);
    let outliers = 0;
    for (let round = 0; round < 2000; round++) {
      // Ten seconds of 300 good answers a second before, then each failure goes to any of the five.
      const failures = [0, 0, 0, 0, 0];
      let last = 0;
      while (failures[last] < 5) {
        last = Math.floor(random.next() * 5);
        failures[last]++;
      }
      const others = failures.reduce((sum, count) => sum + count) - 5;
      if (isOutlier(met(605, 5), met(2400 + others, others))) outliers++;
    }
    assert.ok(outliers < 2000 * 0.03, `${outliers} of 2000`);
  });
});

describe('belowSuccessRate', () => {
  const good = Array.from({ length: 9 }, () => met(200, 0, 2));

  it('belowSuccessRate finds the one that fails far more often than the others', () => {
    const bad = met(200, 0, 60);
    assert.deepEqual(belowSuccessRate([...good, bad]), [bad]);
  });

  it('belowSuccessRate finds none where all are alike, or all fail', () => {
    assert.deepEqual(belowSuccessRate(good), []);
    assert.deepEqual(belowSuccessRate(good.map(() => met(200, 200))), []);
  });

  it('belowSuccessRate needs five endpoints that had a hundred requests', () => {
    const bad = met(200, 0, 200);
    assert.deepEqual(belowSuccessRate([...good.slice(0, 3), bad]), []);
    assert.deepEqual(belowSuccessRate([...good, met(99, 0, 99)]), []);
    assert.deepEqual(belowSuccessRate([...good.slice(0, 3), met(99, 0), bad]), []);
    assert.deepEqual(belowSuccessRate([...good.slice(0, 4), bad]), [bad]);
  });
});
