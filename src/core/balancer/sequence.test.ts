import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileSequence } from './sequence.ts';

/** nginx's algorithm, step by step. */
function smoothByHand(weights: readonly number[], picks: number): number[] {
  const current = weights.map(() => 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: picks }, () => {
    let best = -1;
    weights.forEach((weight, index) => {
      if (weight === 0) return;
      current[index] += weight;
      if (best < 0 || current[index] > current[best]) best = index;
    });
    current[best] -= total;
    return best;
  });
}

function countsOf(sequence: Int32Array, endpoints: number): number[] {
  const counts = new Array<number>(endpoints).fill(0);
  for (const index of sequence) counts[index]++;
  return counts;
}

describe('compileSequence', () => {
  it('compileSequence makes a a b a c a a of 5, 1, 1', () => {
    assert.equal([...compileSequence([5, 1, 1])].map((index) => 'abc'[index]).join(' '), 'a a b a c a a');
  });

  it('compileSequence goes in turn where all weights are equal', () => {
    assert.deepEqual([...compileSequence([7, 7, 7, 7])], [0, 1, 2, 3]);
  });

  it('compileSequence divides by the greatest common divisor', () => {
    assert.deepEqual([...compileSequence([100, 200])], [1, 0, 1]);
  });

  it('compileSequence takes decimal fractions as they are written', () => {
    assert.deepEqual(countsOf(compileSequence([0.1, 0.2, 0.7]), 3), [1, 2, 7]);
    assert.deepEqual(countsOf(compileSequence([1.5, 0.25]), 2), [6, 1]);
  });

  it('compileSequence is empty for nothing and for weights of 0, and leaves a 0 out', () => {
    assert.equal(compileSequence([]).length, 0);
    assert.equal(compileSequence([0, 0]).length, 0);
    assert.deepEqual(countsOf(compileSequence([2, 0, 1]), 3), [2, 0, 1]);
  });

  it("compileSequence equals nginx's smooth algorithm run step by step", () => {
    const weights = fc.array(fc.oneof(fc.nat(6), fc.nat(60)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(weights, (given) => {
        fc.pre(given.some((weight) => weight > 0));
        const sequence = compileSequence(given);
        assert.deepEqual([...sequence], smoothByHand(given, sequence.length));
        // And it ends where it began, so that it may be repeated.
        assert.deepEqual([...sequence, ...sequence], smoothByHand(given, 2 * sequence.length));
      }),
    );
  });

  it('compileSequence holds at most 4,096 picks, each weight as near to its share as that allows', () => {
    const weight = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 1e-6, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 60 }), (weights) => {
        const sequence = compileSequence(weights);
        assert.ok(sequence.length <= 4096);
        const total = weights.reduce((sum, each) => sum + each, 0);
        countsOf(sequence, weights.length).forEach((count, index) => {
          const exact = (weights[index] / total) * 4096;
          const got = (count / sequence.length) * 4096;
          // One pick of rounding, and what the least ones of the others take.
          assert.ok(count >= 1 && Math.abs(got - exact) < 2 + weights.length, `${got} of 4096 for ${exact}`);
        });
      }),
    );
  });

  it('compileSequence gives each of many endpoints its turn however far the weights are apart', () => {
    for (const endpoints of [4095, 4096, 5000]) {
      const weights = Array.from({ length: endpoints }, (_, index) => (index === 0 ? 1e9 : 1 + index / 1e4));
      const counts = countsOf(compileSequence(weights), endpoints);
      assert.ok(counts.every((count) => count >= 1));
      assert.ok(counts[0] >= counts[1]);
    }
  });
});
