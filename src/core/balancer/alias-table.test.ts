import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AliasTable } from './alias-table.ts';

/** Points of the unit interval that are looked at, per index. */
const POINTS = 1000;

describe('AliasTable', () => {
  it('AliasTable gives each index its share of the unit interval', () => {
    const weights = fc.array(fc.constantFrom<number[]>(0, 0.1, 1, 1, 2, 3, 50, 1e6), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(weights, (given) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const table = new AliasTable(Float64Array.from(given));
        const counts = new Array<number>(given.length).fill(0);
        const points = given.length * POINTS;
        for (let point = 0; point < points; point++) counts[table.sample((point + 0.5) / points)]++;
        given.forEach((weight, index) => {
          // Each of the columns is split at one place, which a grid misses by at most one point.
          const off = Math.abs(counts[index] / points - weight / total);
          assert.ok(off <= given.length / points, `${given.join(' ')}: index ${index} is off by ${off}`);
          if (weight === 0) assert.equal(counts[index], 0);
        });
      }),
    );
  });

  it('AliasTable returns an index at both ends of the interval', () => {
    const table = new AliasTable(Float64Array.of(1, 2, 3));
    for (const uniform of [0, 1 - 2 ** -53, 1 / 3, 2 / 3]) assert.ok([0, 1, 2].includes(table.sample(uniform)));
  });
});
