/**
 * What a policy has to hold whose shares follow the weights, beside what every one holds (`policy.ts`): run by
 * `policy.test.ts`, in one thread and in four.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { definitionOf } from '../../src/core/balancer/definition-of.ts';
import { nameOfPolicy } from '../../src/core/balancer/policies.ts';
import type { PolicyDefinition } from '../../src/core/balancer/policy.ts';
import { DRAINING, UNHEALTHY } from '../../src/core/shared/pool-table.ts';
import type { PoolTable } from '../../src/core/shared/pool-table.ts';
import type { PolicySpec } from '../../src/core/snapshot.ts';
import { PolicyThreads, THREADS, sum } from './policy-threads.ts';
import { ANYWHERE, Traffic, createPool } from './policy-traffic.ts';

/** Enough attempts under way that a fraction of one does not show in the shares. */
const HELD = 200;
const PICKS = 20_000;

const WEIGHTS: readonly (readonly number[])[] = [
  [1, 1, 1, 1],
  [5, 1, 1],
  [1, 2, 3, 4, 5, 6, 7],
  [0.5, 1.5, 2],
  [3, 3],
];

/** Shares by weight: chi-square within six standard deviations, and a little for what the policies' own feedback adds. */
function assertShares(counts: ArrayLike<number>, weights: readonly number[]): void {
  const picks = Array.from(counts).reduce((sum, count) => sum + count);
  const total = weights.reduce((sum, weight) => sum + weight);
  let chiSquare = 0;
  weights.forEach((weight, index) => {
    const expected = (picks * weight) / total;
    if (weight === 0) assert.equal(counts[index], 0, `endpoint ${index} has no share`);
    else chiSquare += (counts[index] - expected) ** 2 / expected;
  });
  const freedom = weights.filter((weight) => weight > 0).length - 1;
  const bound = freedom + 6 * Math.sqrt(2 * freedom) + 12;
  assert.ok(chiSquare <= bound, `${Array.from(counts).join(' ')} for ${weights.join(' ')}: χ² ${chiSquare} > ${bound}`);
}

export function testWeightedShares(spec: PolicySpec): void {
  describe(`policy ${nameOfPolicy(spec)}, whose shares follow the weights`, () => {
    testShares(definitionOf(spec));
    testSharesOfThreads(spec);
  });
}

function testShares(definition: PolicyDefinition): void {
  for (const weights of WEIGHTS) {
    it(`shares traffic ${weights.join(' : ')} by weight`, () => {
      const pool = createPool(definition, weights, { seed: 7919 });
      assertShares(new Traffic(pool).run(PICKS, HELD), weights);
    });
  }

  it('shares by weight where the slots of the pool lie scattered and in another order', () => {
    const weights = [4, 1, 2, 3];
    const pool = createPool(definition, weights, { slots: [17, 3, 29, 5] });
    assertShares(new Traffic(pool).run(PICKS, HELD), weights);
  });

  it('shifts shares in proportion as endpoints go and come back', () => {
    const weights = [1, 2, 3, 4, 5];
    const pool = createPool(definition, weights);
    const traffic = new Traffic(pool);
    for (const out of [[], [3], [0, 3], [0, 1, 2, 3], [4], []]) {
      weights.forEach((_, index) => pool.table.setHealth(index, out.includes(index) ? UNHEALTHY : 0));
      traffic.run(2000, HELD);
      assertShares(
        traffic.run(PICKS, HELD),
        weights.map((weight, index) => (out.includes(index) ? 0 : weight)),
      );
    }
  });

  it('bears weights that are far apart', () => {
    for (const weights of [
      [1, 1e6],
      [1e-6, 1],
      [1e9, 1, 1e9 - 1],
      [1 / 3, 1e-9, 2 / 3],
    ]) {
      const pool = createPool(definition, weights);
      const counts = new Traffic(pool).run(2000, 4);
      const light = weights.indexOf(Math.min(...weights));
      assert.ok(counts[light] < 500, `${weights.join(' ')}: ${counts.join(' ')}`);
      weights.forEach((_, index) => pool.table.setHealth(index, index === light ? 0 : UNHEALTHY));
      assert.equal(pool.policy.pick(ANYWHERE), light, 'the light one when it is the only one');
    }
  });

  it('reaches every one of 2,000 endpoints', () => {
    const pool = createPool(definition, new Array<number>(2000).fill(1));
    const counts = new Traffic(pool).run(40_000, 8000);
    assert.ok(counts.every((count) => count > 0));
  });
}

function testSharesOfThreads(spec: PolicySpec): void {
  const threads = new PolicyThreads(spec);

  it('shares by weight over four threads', async () => {
    const weights = [1, 2, 3, 4];
    const results = await threads.run({ weights, picks: 40_000, held: HELD / THREADS });
    const counts = sum(results.map(({ total }) => total));
    // Looser than in one thread: policies that even out the load follow whichever threads the machine lets run.
    weights.forEach((weight, index) => {
      const expected = (THREADS * 40_000 * weight) / 10;
      assert.ok(Math.abs(counts[index] - expected) < 0.3 * expected, `${counts.join(' ')} for ${weights.join(' ')}`);
    });
  });
}

/** Shares that are exact over all threads. */
export function testExactShares(spec: PolicySpec): void {
  describe(`policy ${nameOfPolicy(spec)}, whose shares are exact`, () => {
    const threads = new PolicyThreads(spec);

    it('gives each endpoint exactly its share over four threads', async () => {
      const weights = [5, 1, 1, 3];
      const results = await threads.run({ weights, picks: 10_000, held: 3 });
      const rounds = (THREADS * 10_000) / 10;
      assert.deepEqual(
        [...sum(results.map(({ total }) => total))],
        weights.map((weight) => weight * rounds),
      );
    });

    it('gives the others exactly the share of one that is out, over four threads', async () => {
      const weights = [5, 1, 1, 3];
      const leave = (table: PoolTable): void => table.setHealth(3, DRAINING);
      const results = await threads.run({ weights, picks: 7000, held: 3, prepare: leave });
      assert.deepEqual([...sum(results.map(({ total }) => total))], [20_000, 4000, 4000, 0]);
    });
  });
}
