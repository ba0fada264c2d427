import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome, Sent } from './load.ts';
import { drawOverload } from './overload-chart.ts';
import { measure, renderOverload } from './overload.ts';

const CAPACITY = 240;

function sent(dueMs: number, outcome: Outcome, tookMs: number): Sent {
  return { id: '', method: 'GET', dueMs, tookMs, outcome, status: outcome === 'right' ? 200 : 503 };
}

test('the drill of overload counts right answers to what was due in its time, and how late they came', () => {
  const served = Array.from({ length: CAPACITY }, (_none, at) => sent(1000 + at, 'right', at));
  const others = [
    sent(1000, 'status', 5),
    sent(1001, 'gave-up', 2000),
    sent(999, 'right', 9000),
    sent(2000, 'right', 9000),
  ];
  const { goodput, p99Ms, refused, late } = measure([...served, ...others], 1000, 1000, CAPACITY);
  assert.equal(goodput, 1);
  assert.equal(p99Ms, Math.ceil(CAPACITY * 0.99) - 1);
  assert.deepEqual([refused, late], [1 / (CAPACITY + 2), 1 / (CAPACITY + 2)]);
});

test('the table of overload has a row for each load and a column for each proxy', () => {
  const point = { goodput: 0.987, p99Ms: 151.4, refused: 0.5, late: 0 };
  const points = [1, 2].map((factor) => ({ factor, proxy: 'a', ...point }));
  assert.deepEqual(
    renderOverload([...points, { ...points[0], proxy: 'b', p99Ms: null }])
      .split('\n')
      .slice(2),
    [
      '| 1 × | 99 %, p99 151 ms, 50 % refused, 0 % gave up | 99 %, nobody served, 50 % refused, 0 % gave up |',
      '| 2 × | 99 %, p99 151 ms, 50 % refused, 0 % gave up |  |',
    ],
  );
});

test('the curves of overload have a point for each load, and names that do not cover one another', () => {
  const points = ['a', 'b'].flatMap((proxy) => {
    return [1, 2].map((factor) => ({ factor, proxy, goodput: 0.99, p99Ms: 150, refused: 0.5, late: 0 }));
  });
  const drawn = drawOverload(points);
  assert.equal(drawn.match(/<circle /g)?.length, 4);
  const heights = [...drawn.matchAll(/y="(\d+)"[^>]*>[ab]<\/text>/g)].map(([, height]) => Number(height));
  assert.equal(heights.length, 2);
  assert.ok(heights[1] - heights[0] >= 15, `names at ${heights.join(' and ')}`);
});
