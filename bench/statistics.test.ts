import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, pairedRatio } from './statistics.ts';

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
});

test('a ratio is taken round by round, so that a slow round of both cancels out', () => {
  assert.deepEqual(pairedRatio([11, 22, 11], [10, 20, 10]), { median: 1.1, min: 1.1, max: 1.1 });
});
