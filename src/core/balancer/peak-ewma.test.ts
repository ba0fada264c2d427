import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../random.ts';
import { PoolTable, createPoolTable } from '../shared/pool-table.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { peakEwma } from './peak-ewma.ts';
import type { Policy } from './policy.ts';

const ANYWHERE = { tried: null, key: 0 };

interface Timed {
  readonly policy: Policy;
  readonly table: PoolTable;
  now: number;
}

function createPool(weights: readonly number[]): Timed {
  const table = new PoolTable(createPoolTable(weights.length, 1), 0);
  const slots = Int32Array.from(weights, (_, index) => index);
  const input = policyInput({
    table,
    slots,
    weights: Float64Array.from(weights),
    random: createSeededRandom(5),
    now: () => timed.now,
  });
  const timed: Timed = { policy: peakEwma.create(input), table, now: 0 };
  return timed;
}

function picks({ policy }: Timed, count: number, endpoints: number): number[] {
  const counts = new Array<number>(endpoints).fill(0);
  for (let pick = 0; pick < count; pick++) counts[policy.pick(ANYWHERE)]++;
  return counts;
}

/**
 * Servers that answer after 10 to 40 ms, `slowness` times that for the first of them between 5 s and 15 s; requests come
 * at random, 300 a second. Returns when the first one was picked, in ms after it was well again, and how often.
 */
function recover(slowness: number): { readonly pickedAt: readonly number[]; shareAt(ms: number): number } {
  const servers = 5;
  const pool = createPool(new Array<number>(servers).fill(1));
  const random = createSeededRandom(7919);
  const ends: { at: number; index: number; ms: number }[] = [];
  const pickedAt: number[] = [];
  const times: number[] = [];
  for (let at = 0; at < 110_000; at += -Math.log(1 - random.next()) * (1000 / 300)) {
    for (const { index, ms, at: endedAt } of ends.filter((each) => each.at <= at).sort((a, b) => a.at - b.at)) {
      pool.now = endedAt;
      pool.policy.observed?.(index, ms, true);
      pool.table.release(index);
    }
    ends.splice(0, ends.length, ...ends.filter((each) => each.at > at));
    pool.now = at;
    const index = pool.policy.pick(ANYWHERE);
    pool.table.acquire(index);
    const ms = (10 + 30 * random.next()) * (index === 0 && at >= 5000 && at < 15_000 ? slowness : 1);
    ends.push({ at: at + ms, index, ms });
    times.push(at - 15_000);
    if (index === 0) pickedAt.push(at - 15_000);
  }
  const within = (all: readonly number[], ms: number): number => all.filter((at) => Math.abs(at - ms) < 2500).length;
  return { pickedAt, shareAt: (ms) => within(pickedAt, ms) / within(times, ms) };
}

describe('peak-ewma', () => {
  it('the policy peak-ewma picks by time to a first byte, requests in flight and weight', () => {
    const pool = createPool([1, 1]);
    for (const [index, ms] of [10, 30].entries()) pool.policy.observed?.(index, ms, true);
    assert.deepEqual(picks(pool, 100, 2), [100, 0]);
    pool.table.acquire(0);
    pool.table.acquire(0);
    pool.table.acquire(0);
    assert.deepEqual(picks(pool, 100, 2), [0, 100]);
    const heavy = createPool([1, 4]);
    for (const [index, ms] of [10, 30].entries()) heavy.policy.observed?.(index, ms, true);
    assert.deepEqual(picks(heavy, 100, 2), [0, 100]);
  });

  it('the policy peak-ewma sends one request to an endpoint of which nothing is known, and waits for its answer', () => {
    const pool = createPool([1, 1]);
    pool.policy.observed?.(0, 10, true);
    assert.deepEqual(picks(pool, 20, 2), [0, 20]);
    pool.table.acquire(1);
    for (let count = 0; count < 50; count++) pool.table.acquire(0);
    assert.deepEqual(picks(pool, 20, 2), [20, 0]);
    pool.policy.observed?.(1, 10, true);
    assert.deepEqual(picks(pool, 20, 2), [0, 20]);
  });

  it('the policy peak-ewma is not drawn to an endpoint that fails at once', () => {
    const pool = createPool([1, 1]);
    pool.policy.observed?.(0, 10, true);
    pool.policy.observed?.(1, 0.2, false);
    assert.deepEqual(picks(pool, 100, 2), [100, 0]);
  });

  it('the policy peak-ewma asks an endpoint that had nothing for 3 s, for at most one request in eight', () => {
    const pool = createPool([1, 1]);
    pool.policy.observed?.(0, 10, true);
    pool.policy.observed?.(1, 10_000, true);
    assert.deepEqual(picks(pool, 100, 2), [100, 0]);
    pool.now = 3500;
    assert.deepEqual(picks(pool, 100, 2), [99, 1]);
    // With little traffic each of the two is overdue all the time.
    let slow = 0;
    for (let pick = 0; pick < 80; pick++) {
      pool.now += 4000;
      pool.policy.observed?.(1, 10_000, true);
      pool.policy.observed?.(0, 10, true);
      if (pool.policy.pick(ANYWHERE) === 1) slow++;
    }
    assert.ok(slow <= 10, String(slow));
  });

  for (const [slowness, ms] of [
    [10, 30_000],
    [100, 75_000],
  ] as const) {
    it(`the policy peak-ewma gives a server that was ${slowness} times as slow half of its share within ${ms / 1000} s, and a request every 5 s`, () => {
      const { pickedAt, shareAt } = recover(slowness);
      assert.ok(shareAt(-3000) < 0.05, `spared while it is slow: ${shareAt(-3000)}`);
      assert.ok(shareAt(ms) >= 0.1, `share ${shareAt(ms)} of 0.2`);
      const gaps = pickedAt.map((at, index) => at - (pickedAt[index - 1] ?? -15_000));
      assert.ok(Math.max(...gaps) <= 5000, `longest gap ${Math.max(...gaps)}`);
    });
  }
});
