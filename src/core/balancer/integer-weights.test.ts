import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leastCommonMultiple, toIntegerWeights } from './integer-weights.ts';
import { reciprocals } from './reciprocals.ts';

describe('toIntegerWeights', () => {
  it('toIntegerWeights returns weights in lowest terms', () => {
    assert.deepEqual(toIntegerWeights([10, 20, 0]), [1, 2, 0]);
    assert.deepEqual(toIntegerWeights([0.3, 0.1]), [3, 1]);
    assert.deepEqual(toIntegerWeights([0, 0]), [0, 0]);
    assert.deepEqual(toIntegerWeights([]), []);
  });

  it('toIntegerWeights returns null for weights with more than six decimals', () => {
    assert.equal(toIntegerWeights([1 / 3, 1]), null);
    assert.equal(toIntegerWeights([1e-7]), null);
  });
});

describe('leastCommonMultiple', () => {
  it('leastCommonMultiple leaves out 0 and gives up beyond its limit', () => {
    assert.equal(leastCommonMultiple([4, 0, 6], 100), 12);
    assert.equal(leastCommonMultiple([], 100), 1);
    assert.equal(leastCommonMultiple([97, 89], 100), Infinity);
  });
});

describe('reciprocals', () => {
  it('reciprocals let loads in proportion to their weights compare as equal, to the last bit', () => {
    const weight = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(weight, weight, fc.integer({ min: 1, max: 100_000 }), (first, second, times) => {
        const [a, b] = reciprocals(Float64Array.of(first, second));
        assert.equal(first * times * a, second * times * b);
        assert.ok((first * times - 1) * a < second * times * b);
      }),
    );
  });

  it('reciprocals are infinite for a weight of 0, and near enough where no common multiple is in reach', () => {
    assert.equal(reciprocals(Float64Array.of(0, 2))[0], Infinity);
    const [a, b] = reciprocals(Float64Array.of(1 / 3, 1));
    assert.ok(Math.abs(a / b - 3) < 1e-12);
  });
});
