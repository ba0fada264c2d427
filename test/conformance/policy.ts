/**
 * What every balancing policy has to hold, whatever it picks by (`src/core/balancer/policy.ts`): run against each
 * definition of the record by `policy.test.ts`, in one thread and in four. What holds only where shares follow the
 * weights is in `policy-shares.ts`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { definitionOf } from '../../src/core/balancer/definition-of.ts';
import { nameOfPolicy } from '../../src/core/balancer/policies.ts';
import type { PolicyDefinition } from '../../src/core/balancer/policy.ts';
import { DRAINING, EJECTED, PoolTable, REFUSED, UNHEALTHY, createPoolTable } from '../../src/core/shared/pool-table.ts';
import type { PolicySpec } from '../../src/core/snapshot.ts';
import { policyInput } from '../support/policy-input.ts';
import { PolicyThreads, picked, sum } from './policy-threads.ts';
import { ANYWHERE, createPool } from './policy-traffic.ts';

/** Pools that are drawn where each costs a table of thousands of places. */
const RUNS_WITH_TABLE = 25;

/** Picks of one look at what was allocated. */
const LOOKED_AT_PICKS = 400_000;

export function testPolicy(spec: PolicySpec): void {
  const definition = definitionOf(spec);
  describe(`policy ${nameOfPolicy(spec)}`, () => {
    testEligibility(definition);
    testCost(definition);
    testThreads(spec);
  });
}

function testEligibility(definition: PolicyDefinition): void {
  it('picks a single endpoint every time', () => {
    const { policy } = createPool(definition, [3]);
    for (let pick = 0; pick < 50; pick++)
      assert.equal(policy.pick(pick % 2 === 0 ? ANYWHERE : { tried: [0], key: 0 }), 0);
  });

  it('picks nothing of an empty pool, or of weights of 0', () => {
    for (const weights of [[], [0], [0, 0, 0]]) {
      const { policy } = createPool(definition, weights);
      assert.equal(policy.pick(ANYWHERE), -1);
      assert.equal(policy.pick({ tried: [], key: 0 }), -1);
    }
  });

  it('picks the lightest endpoint where it is the only one', () => {
    const all = [
      [1e9, 1, 1e9 - 1],
      [1 / 3, 1e-9, 2 / 3],
      [1, 1e6],
      [1e-6, 1],
    ];
    for (const weights of definition.hashTable === undefined ? all : all.slice(0, 2)) {
      const pool = createPool(definition, weights);
      const light = weights.indexOf(Math.min(...weights));
      weights.forEach((_, index) => pool.table.setHealth(index, index === light ? 0 : UNHEALTHY));
      assert.equal(pool.policy.pick(ANYWHERE), light);
    }
  });

  const endpoint = fc.record({
    weight: fc.constantFrom(0, 0.5, 1, 1, 1, 2, 5, 1000),
    flags: fc.constantFrom(0, 0, 0, UNHEALTHY, EJECTED, DRAINING, REFUSED, UNHEALTHY | REFUSED),
    inflight: fc.nat(5),
    isTried: fc.boolean(),
  });
  const endpoints = fc.array(endpoint, { maxLength: 40 });
  const places = fc.uniqueArray(fc.nat(60), { minLength: 40, maxLength: 40 });

  it('picks only eligible endpoints, untried ones before tried ones, and none only where none is eligible', () => {
    fc.assert(
      fc.property(endpoints, places, fc.integer(), (pool, slots, seed) => {
        const { policy, table } = createPool(
          definition,
          pool.map(({ weight }) => weight),
          { slots: slots.slice(0, pool.length), seed },
        );
        pool.forEach(({ flags, inflight }, index) => {
          for (let count = 0; count < inflight; count++) table.acquire(slots[index]);
          table.setHealth(slots[index], flags);
        });
        const all = pool.map((_, index) => index);
        const eligible = all.filter((index) => pool[index].weight > 0 && table.isEligible(slots[index]));
        const tried = all.filter((index) => pool[index].isTried);
        const untried = eligible.filter((index) => !tried.includes(index));
        for (let pick = 0; pick < 20; pick++) {
          assertPick(policy.pick(ANYWHERE), eligible, eligible);
          assertPick(policy.pick({ tried: [], key: 0 }), eligible, eligible);
          assertPick(policy.pick({ tried, key: 0 }), untried, eligible);
        }
      }),
      { numRuns: definition.hashTable === undefined ? 100 : RUNS_WITH_TABLE },
    );
  });

  it('looks at attempts in flight only where it says so, since else nobody counts them in common', () => {
    if (definition.readsInFlight) return;
    const [idle, loaded] = [0, 1].map(() => createPool(definition, [3, 1, 2], { seed: 7 }));
    for (let count = 0; count < 1000; count++) loaded.table.acquire(0);
    for (let pick = 0; pick < 200; pick++) {
      const request = { tried: null, key: pick };
      assert.equal(loaded.policy.pick(request), idle.policy.pick(request));
    }
  });

  function assertPick(index: number, best: readonly number[], eligible: readonly number[]): void {
    const allowed = best.length > 0 ? best : eligible.length > 0 ? eligible : [-1];
    assert.ok(allowed.includes(index), `picked ${index}, allowed were ${allowed.join(' ')}`);
  }
}

function testCost(definition: PolicyDefinition): void {
  it('allocates nothing to pick', (t) => {
    const allocated = (): number | undefined =>
      (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes;
    if (allocated() === undefined) {
      t.skip('this Node does not say what was allocated');
      return;
    }
    const table = new PoolTable(createPoolTable(20, 1), 0);
    const slots = Int32Array.from({ length: 20 }, (_, index) => index);
    const weights = Float64Array.from(slots, (slot) => 1 + (slot % 3));
    // A number with a fraction is an object of its own when it leaves a function: this source has none.
    const kind = definition.hashTable ?? null;
    const input = policyInput({ table, slots, weights, random: { next: () => 0 } }, kind === null ? [] : [kind]);
    const policy = definition.create(input);
    table.setHealth(0, UNHEALTHY);
    const again = { tried: [1, 2], key: 0 };
    let sum = 0;
    const pick = (times: number): void => {
      for (let time = 0; time < times; time++) sum += policy.pick((time & 1) === 0 ? ANYWHERE : again);
    };
    const round = (): number => {
      const start = allocated() as number;
      pick(LOOKED_AT_PICKS);
      return (allocated() as number) - start;
    };
    pick(50_000);
    // The smallest object is 16 bytes; what is left are the compilers.
    const most = 4 * LOOKED_AT_PICKS;
    // Some rounds until one is good: on a busy machine the compiler, a thread, comes late to the first ones.
    let bytes = Infinity;
    for (let rounds = 0; rounds < 5 && bytes >= most; rounds++) bytes = round();
    assert.ok(sum > 0 && bytes < most, `${bytes} bytes for ${LOOKED_AT_PICKS} picks`);
  });
}

function testThreads(spec: PolicySpec): void {
  const threads = new PolicyThreads(spec);

  it('is seen by four threads at once when an endpoint goes and comes back', async () => {
    const weights = [2, 1, 3];
    const watch = async (table: PoolTable, signals: Int32Array): Promise<void> => {
      await picked(signals, 2000);
      table.setHealth(0, EJECTED);
      Atomics.add(signals, 1, 1);
      await picked(signals, 5000);
      Atomics.add(signals, 1, 1);
      table.setHealth(0, 0);
      await picked(signals, 2000);
      Atomics.add(signals, 1, 1);
    };
    const results = await threads.run({ weights, picks: Infinity, held: 50, watch });
    const [first, second, third] = [0, 1, 2].map((phase) => sum(results.map(({ counts }) => counts[phase])));
    assert.ok(first[0] > 0 && third[0] > 0);
    assert.equal(second[0], 0, 'nobody picks it while it is out');
  });
}
