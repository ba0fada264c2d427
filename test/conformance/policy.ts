/**
 * What every balancing policy has to hold, whatever it picks by (`src/core/balancer/policy.ts`): run against each
 * definition of the record by `policy.test.ts`, in one thread and in four.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { PolicyName } from '../../src/core/balancer/policies.ts';
import type { PolicyDefinition } from '../../src/core/balancer/policy.ts';
import {
  COUNT_MASK,
  DRAINING,
  EJECTED,
  PoolTable,
  REFUSED,
  UNHEALTHY,
  createPoolTable,
} from '../../src/core/shared/pool-table.ts';
import { Traffic, createPool } from './policy-traffic.ts';
import type { PolicyJob, PolicyJobResult } from './policy-worker.ts';

/** Enough attempts under way that a fraction of one does not show in the shares. */
const HELD = 200;
const PICKS = 20_000;
const THREADS = 4;

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

export function testPolicy(definition: PolicyDefinition): void {
  describe(`policy ${definition.name}`, () => {
    testShares(definition);
    testEligibility(definition);
    testCost(definition);
    testThreads(definition);
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

  it('picks a single endpoint every time', () => {
    const { policy } = createPool(definition, [3]);
    for (let pick = 0; pick < 50; pick++) assert.equal(policy.pick(pick % 2 === 0 ? null : [0]), 0);
  });

  it('picks nothing of an empty pool, or of weights of 0', () => {
    for (const weights of [[], [0], [0, 0, 0]]) {
      const { policy } = createPool(definition, weights);
      assert.equal(policy.pick(null), -1);
      assert.equal(policy.pick([]), -1);
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
      assert.equal(pool.policy.pick(null), light, 'the light one when it is the only one');
    }
  });

  it('reaches every one of 2,000 endpoints', () => {
    const pool = createPool(definition, new Array<number>(2000).fill(1));
    const counts = new Traffic(pool).run(40_000, 8000);
    assert.ok(counts.every((count) => count > 0));
  });
}

function testEligibility(definition: PolicyDefinition): void {
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
          assertPick(policy.pick(null), eligible, eligible);
          assertPick(policy.pick([]), eligible, eligible);
          assertPick(policy.pick(tried), untried, eligible);
        }
      }),
    );
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
    const policy = definition.create({ table, slots, weights, random: { next: () => 0 }, workers: 1 });
    table.setHealth(0, UNHEALTHY);
    const tried = [1, 2];
    let sum = 0;
    const pick = (times: number): void => {
      for (let time = 0; time < times; time++) sum += policy.pick((time & 1) === 0 ? null : tried);
    };
    const round = (): number => {
      const start = allocated() as number;
      pick(400_000);
      return (allocated() as number) - start;
    };
    pick(50_000);
    // The smallest of some rounds: on a busy machine the compiler, a thread, comes late to the first ones.
    const bytes = Math.min(...Array.from({ length: 5 }, round));
    // The smallest object is 16 bytes; what is left are the compilers.
    assert.ok(sum > 0 && bytes < 4 * 400_000, `${bytes} bytes for 400,000 picks`);
  });
}

function testThreads(definition: PolicyDefinition): void {
  const threads: Worker[] = [];
  before(() => {
    for (let thread = 0; thread < THREADS; thread++)
      threads.push(new Worker(new URL('./policy-worker.ts', import.meta.url)));
  });
  after(async () => {
    await Promise.all(threads.map((thread) => thread.terminate()));
  });

  /** Lets all threads pick from one pool at the same time. */
  async function runThreads(
    weights: readonly number[],
    picks: number,
    held: number,
    watch: (table: PoolTable, signals: Int32Array) => Promise<void> = async () => {},
    prepare: (table: PoolTable) => void = () => {},
  ): Promise<{ readonly table: PoolTable; readonly results: readonly PolicyJobResult[] }> {
    const handle = createPoolTable(weights.length, THREADS);
    const table = new PoolTable(handle, 0);
    const signals = new Int32Array(new SharedArrayBuffer(4 * (2 + THREADS)));
    prepare(table);
    const slots = weights.map((_, index) => index);
    const policy = definition.name as PolicyName;
    const answers = threads.map(async (thread, worker): Promise<PolicyJobResult> => {
      const answer = once(thread, 'message');
      const job: PolicyJob = {
        policy,
        handle,
        worker,
        workers: THREADS,
        slots,
        weights,
        seed: 31 * (worker + 1),
        picks,
        held,
        signals,
      };
      thread.postMessage(job);
      const [result] = await answer;
      return result as PolicyJobResult;
    });
    await watch(table, signals);
    return { table, results: await Promise.all(answers) };
  }

  function sum(counts: readonly Float64Array[]): Float64Array {
    return counts.reduce((total, each) => total.map((count, index) => count + each[index]));
  }

  function assertAllGivenBack(table: PoolTable, endpoints: number): void {
    for (let slot = 0; slot < endpoints; slot++) {
      assert.equal(table.inflight[slot] & COUNT_MASK, 0, `in flight at ${slot}`);
      assert.equal(table.drift(slot), 0);
    }
  }

  it('shares by weight over four threads, and every attempt is given back', async () => {
    const weights = [1, 2, 3, 4];
    const { table, results } = await runThreads(weights, 40_000, HELD / THREADS);
    const counts = sum(results.map(({ total }) => total));
    // Looser than in one thread: policies that even out the load follow whichever threads the machine lets run.
    weights.forEach((weight, index) => {
      const expected = (THREADS * 40_000 * weight) / 10;
      assert.ok(Math.abs(counts[index] - expected) < 0.3 * expected, `${counts.join(' ')} for ${weights.join(' ')}`);
    });
    assertAllGivenBack(table, weights.length);
  });

  it('is seen by four threads at once when an endpoint goes and comes back', async () => {
    const weights = [2, 1, 3];
    const { table, results } = await runThreads(weights, Infinity, HELD / THREADS, async (table, signals) => {
      await picked(signals, 2000);
      table.setHealth(2, EJECTED);
      Atomics.add(signals, 1, 1);
      await picked(signals, 5000);
      Atomics.add(signals, 1, 1);
      table.setHealth(2, 0);
      await picked(signals, 2000);
      Atomics.add(signals, 1, 1);
    });
    const [first, second, third] = [0, 1, 2].map((phase) => sum(results.map(({ counts }) => counts[phase])));
    assert.ok(first[2] > 0 && third[2] > 0);
    assert.equal(second[2], 0, 'nobody picks it while it is out');
    assertAllGivenBack(table, weights.length);
  });

  /** Waits until each thread has made so many more picks. */
  async function picked(signals: Int32Array, picks: number): Promise<void> {
    for (let worker = 0; worker < THREADS; worker++) {
      const goal = Atomics.load(signals, 2 + worker) + picks;
      while (Atomics.load(signals, 2 + worker) < goal) await new Promise(setImmediate);
    }
  }

  if (!definition.needs.includes('cursor')) return;

  it('gives each endpoint exactly its share over four threads', async () => {
    const weights = [5, 1, 1, 3];
    const { results } = await runThreads(weights, 10_000, 3);
    const rounds = (THREADS * 10_000) / 10;
    assert.deepEqual(
      [...sum(results.map(({ total }) => total))],
      weights.map((weight) => weight * rounds),
    );
  });

  it('gives the others exactly the share of one that is out, over four threads', async () => {
    const weights = [5, 1, 1, 3];
    const leave = (table: PoolTable): void => table.setHealth(3, DRAINING);
    const { results } = await runThreads(weights, 7000, 3, async () => {}, leave);
    assert.deepEqual([...sum(results.map(({ total }) => total))], [20_000, 4000, 4000, 0]);
  });
}
