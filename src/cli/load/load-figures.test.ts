import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LoadFigures } from './load-figures.ts';

function answered(...latencies: readonly number[]): LoadFigures {
  const figures = new LoadFigures();
  for (const latency of latencies) figures.addAnswer(200, latency, 100);
  return figures;
}

describe('the figures of a load', () => {
  test('the figures of a load count answers, bytes, statuses, errors and servers, most first', () => {
    const figures = answered(1, 1);
    figures.addAnswer(503, 1, 50);
    figures.addError('ECONNRESET');
    figures.addError('timeout', 3);
    figures.addServer('s1');
    figures.addServer('s2');
    figures.addServer('s2');
    const summary = figures.summarize(1500);
    assert.equal(summary.answers, 3);
    assert.equal(summary.answersPerSecond, 2);
    assert.equal(summary.bytes, 250);
    assert.deepEqual(summary.statuses, { 200: 2, 503: 1 });
    assert.deepEqual(Object.entries(summary.errors), [
      ['timeout', 3],
      ['ECONNRESET', 1],
    ]);
    assert.deepEqual(Object.entries(summary.servers), [
      ['s2', 2],
      ['s1', 1],
    ]);
    assert.equal(summary.unnamed, 0);
    assert.equal(figures.errors, 4);
  });

  test('the figures of a load are a success when one answer was below 500', () => {
    const figures = new LoadFigures();
    assert.equal(figures.hasSucceeded, false);
    figures.addAnswer(502, 1, 0);
    figures.addError('timeout');
    assert.equal(figures.hasSucceeded, false);
    figures.addAnswer(404, 1, 0);
    assert.equal(figures.hasSucceeded, true);
  });

  test('the figures of a load have percentiles that are exact to three figures', () => {
    const { latencyMs } = answered(...Array.from({ length: 1000 }, (_, i) => (i + 1) / 10)).summarize(1000);
    assert.ok(latencyMs !== null);
    const wanted = { p50: 50, p75: 75, p90: 90, p99: 99, 'p99.9': 99.9, max: 100, min: 0.1, mean: 50.05, stdev: 28.87 };
    const seenByName: Readonly<Record<string, number>> = { ...latencyMs };
    for (const [name, value] of Object.entries(wanted)) {
      const seen = seenByName[name];
      assert.ok(Math.abs(seen - value) <= value / 500, `${name}: ${seen} for ${value}`);
    }
  });

  test('the figures of a load have no latencies and no rows where nothing was answered', () => {
    const { latencyMs, histogram, answersPerSecond } = new LoadFigures().summarize(0);
    assert.deepEqual([latencyMs, histogram, answersPerSecond], [null, [], 0]);
  });

  test('the figures of a load draw rows from the first that has something to the last, edges inclusive', () => {
    const rows = (...latencies: number[]) => answered(...latencies).summarize(1).histogram;
    assert.deepEqual(rows(1, 1.01, 5), [
      { toMs: 1, count: 1 },
      { toMs: 2, count: 1 },
      { toMs: 5, count: 1 },
    ]);
    assert.deepEqual(rows(0.001), [{ toMs: 0.01, count: 1 }]);
    assert.deepEqual(rows(60_000), [{ toMs: null, count: 1 }]);
  });

  test('the figures of a load lose no answer between the rows, however long it took', () => {
    const latency = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1 }), (latencies) => {
        const { histogram, latencyMs } = answered(...latencies).summarize(1);
        const sum = histogram.reduce((total, { count }) => total + count, 0);
        return sum === latencies.length && latencyMs !== null && latencyMs.p50 <= latencyMs['p99.9'];
      }),
      { numRuns: 50 },
    );
  });
});
