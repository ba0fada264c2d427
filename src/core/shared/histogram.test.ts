import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HISTOGRAM_BUCKETS, bucketMiddle, bucketOf, quantile } from './histogram.ts';

/** From the first octave that is divided into eight, to the last µs that has a bucket. */
const times = fc.double({ min: 0.008, max: 134_000, noNaN: true });
/** Times as traffic has them: many short ones, a few of any length. */
const samples = fc.array(fc.oneof(times, fc.double({ min: 0.008, max: 50, noNaN: true })), {
  minLength: 1,
  maxLength: 300,
});

function histogramOf(values: readonly number[]): Float64Array {
  const histogram = new Float64Array(HISTOGRAM_BUCKETS);
  for (const value of values) histogram[bucketOf(value)]++;
  return histogram;
}

describe('bucketOf', () => {
  it('bucketOf returns a bucket of the histogram for any number', () => {
    for (const ms of [0, -1, -Infinity, NaN, 1e-9, 0.007999, 0.008, 1, 134_217.727, 134_218, 1e12, Infinity]) {
      const bucket = bucketOf(ms);
      assert.ok(Number.isInteger(bucket) && bucket >= 0 && bucket < HISTOGRAM_BUCKETS, `${ms} → ${bucket}`);
    }
  });

  it('bucketOf never decreases as time grows, and leaves no bucket out', () => {
    const seen = new Set<number>();
    let last = 0;
    for (let micros = 0; micros < 2 ** 27; micros += Math.max(1, micros >> 8)) {
      const bucket = bucketOf(micros / 1000);
      assert.ok(bucket >= last, `${micros} µs`);
      last = bucket;
      seen.add(bucket);
    }
    assert.equal(seen.size, HISTOGRAM_BUCKETS);
  });

  it('bucketOf is at most 6.7 % from the truth at the middle of a bucket', () => {
    fc.assert(
      fc.property(times, (ms) => {
        const middle = bucketMiddle(bucketOf(ms));
        assert.ok(Math.abs(middle - ms) <= ms * 0.067, `${ms} ms reads ${middle} ms`);
      }),
    );
  });
});

describe('quantile', () => {
  it('quantile is within 7 % of the exact one', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(values.length * q)) - 1];
        const read = quantile(histogramOf(values), q);
        assert.ok(Math.abs(read - exact) <= exact * 0.07, `q ${q}: ${read} ms for ${exact} ms`);
      }),
    );
  });

  it('quantile is 0 without samples', () => {
    assert.equal(quantile(new Float64Array(HISTOGRAM_BUCKETS), 0.5), 0);
  });

  it('quantile finds the slow one of a hundred at p99.5, and not at p99', () => {
    const histogram = histogramOf([...Array.from({ length: 99 }, () => 1), 1000]);
    assert.ok(Math.abs(quantile(histogram, 0.99) - 1) < 0.07);
    assert.ok(Math.abs(quantile(histogram, 0.995) - 1000) < 70);
  });
});
