import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ANYWHERE } from '../../../test/conformance/policy-traffic.ts';
import { createSeededRandom } from '../random.ts';
import { PoolTable, UNHEALTHY, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { leastConnections } from './least-connections.ts';
import type { Policy } from './policy.ts';

interface Endpoint {
  readonly weight: number;
  readonly inflight: number;
  readonly isOut: boolean;
}

function createPool(endpoints: readonly Endpoint[], slots: readonly number[], seed: number): Policy {
  const table = new PoolTable(createPoolTable(Math.max(0, ...slots) + 1, 1), 0);
  endpoints.forEach(({ inflight, isOut }, index) => {
    table.inflight[slots[index]] = inflight;
    if (isOut) table.setHealth(slots[index], UNHEALTHY);
  });
  const weights = Float64Array.from(endpoints, ({ weight }) => weight);
  const random = createSeededRandom(seed);
  return leastConnections.create(policyInput({ table, slots: Int32Array.from(slots), weights, random }));
}

describe('the policy least-connections', () => {
  it('the policy least-connections picks exactly those with the lowest (in-flight + 1) / weight, and ties in turn', () => {
    const endpoint: fc.Arbitrary<Endpoint> = fc.record({
      weight: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 })),
      inflight: fc.oneof(fc.nat(3), fc.nat(2000)),
      isOut: fc.boolean(),
    });
    const pool = fc.array(endpoint, { minLength: 1, maxLength: 30 });
    const places = fc.uniqueArray(fc.nat(45), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(pool, places, fc.integer(), (endpoints, slots, seed) => {
        const policy = createPool(endpoints, slots.slice(0, endpoints.length), seed);
        const eligible = endpoints.map((each, index) => ({ ...each, index })).filter(({ isOut }) => !isOut);
        fc.pre(eligible.length > 0);
        // Whole numbers, compared crosswise.
        const lowest = eligible.filter((a) =>
          eligible.every((b) => (a.inflight + 1) * b.weight <= (b.inflight + 1) * a.weight),
        );
        const counts = new Map(lowest.map(({ index }) => [index, 0]));
        for (let pick = 0; pick < 3 * lowest.length; pick++) {
          const index = policy.pick(ANYWHERE);
          assert.ok(counts.has(index), `picked ${index}, lowest are ${[...counts.keys()].join(' ')}`);
          counts.set(index, (counts.get(index) as number) + 1);
        }
        assert.ok(
          [...counts.values()].every((count) => count === 3),
          'each of the lowest gets its turn',
        );
      }),
    );
  });

  it('the policy least-connections prefers an idle endpoint of a high weight to one of a low weight', () => {
    const endpoints = [1, 4, 2].map((weight) => ({ weight, inflight: 0, isOut: false }));
    const policy = createPool(endpoints, [0, 1, 2], 1);
    for (let pick = 0; pick < 5; pick++) assert.equal(policy.pick(ANYWHERE), 1);
  });

  it('the policy least-connections begins at another place in each thread', () => {
    const endpoints = Array.from({ length: 50 }, () => ({ weight: 1, inflight: 0, isOut: false }));
    const slots = endpoints.map((_, index) => index);
    const first = [1, 2, 3, 4].map((seed) => createPool(endpoints, slots, seed * 7919).pick(ANYWHERE));
    assert.ok(new Set(first).size > 1, first.join(' '));
  });
});
