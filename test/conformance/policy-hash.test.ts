/** What binds requests to endpoints holds by each of the ways to find the endpoint of a key. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashPolicy } from '../../src/core/balancer/hash.ts';
import type { Policy } from '../../src/core/balancer/policy.ts';
import { mix } from '../../src/core/keys/half-sip-hash.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { EJECTED, PoolTable, createPoolTable } from '../../src/core/shared/pool-table.ts';
import type { HashSpec } from '../../src/core/snapshot.ts';
import { policyInput } from '../support/policy-input.ts';
import { PolicyThreads, THREADS, picked } from './policy-threads.ts';

const TABLES = ['ring', 'maglev', 'rendezvous'] as const;
const KEYS = 100_000;

interface HashPool {
  readonly policy: Policy;
  readonly table: PoolTable;
  readonly ids: readonly string[];
  /** Identity of the endpoint of each key. */
  places(): readonly string[];
}

function createPool(
  table: HashSpec['table'],
  endpoints: readonly (readonly [string, number])[],
  boundedLoad = 0,
): HashPool {
  const definition = hashPolicy({ key: { parts: ['client'], missing: 'random' }, table, boundedLoad });
  const poolTable = new PoolTable(createPoolTable(endpoints.length, 1), 0);
  poolTable.sumInFlight(boundedLoad > 0);
  const ids = endpoints.map(([id]) => id);
  const slots = Int32Array.from(ids, (_, index) => index);
  const weights = Float64Array.from(endpoints, ([, weight]) => weight);
  const given = { table: poolTable, slots, weights, ids, random: createSeededRandom(7) };
  const policy = definition.create(policyInput(given, table === 'rendezvous' ? [] : [table]));
  const places = (): readonly string[] =>
    Array.from({ length: KEYS }, (_, key) => ids[policy.pick({ tried: null, key: keyAt(key) })]);
  return { policy, table: poolTable, ids, places };
}

/** Keys as they come from the hash of anything: all over the place, and never 0. */
function keyAt(index: number): number {
  return mix(index + 1) | 1;
}

function named(count: number, weightOf: (index: number) => number = () => 1): [string, number][] {
  return Array.from({ length: count }, (_, index) => [`10.0.${index >> 8}.${index & 255}:8080`, weightOf(index)]);
}

/** Keys that are at another place than before, by the place they had and have. */
function moves(before: readonly string[], after: readonly string[]): readonly (readonly [string, string])[] {
  return before.flatMap((from, key) => (from === after[key] ? [] : [[from, after[key]] as const]));
}

/** Picks of one key, then an endpoint leaves and a request ends: the bound of the next pick is a whole number. */
const WHOLE_BOUND = [
  ...Array.from({ length: 4 }, () => ({ kind: 'pick' as const, value: 0 })),
  { kind: 'health' as const, value: 855 },
  { kind: 'pick' as const, value: 0 },
  { kind: 'pick' as const, value: 0 },
  { kind: 'end' as const, value: 0 },
  { kind: 'pick' as const, value: 413 },
];

for (const table of TABLES) {
  describe(`hash by ${table}`, () => {
    it(`hash by ${table} moves the keys of an endpoint that leaves the config, and hardly any others`, () => {
      const all = named(20, (index) => 1 + (index % 3));
      const before = createPool(table, all).places();
      for (const gone of [0, 7, 19]) {
        const left = all.filter((_, index) => index !== gone);
        const moved = moves(before, createPool(table, left).places());
        const others = moved.filter(([from]) => from !== all[gone][0]).length;
        assert.equal(moved.length - others, before.filter((place) => place === all[gone][0]).length);
        assert.ok(others <= (table === 'maglev' ? 0.01 * KEYS : 0), `${others} keys of others moved`);
      }
    });

    it(`hash by ${table} moves keys only to an endpoint that comes`, () => {
      const all = named(20);
      const before = createPool(table, all.slice(1)).places();
      const moved = moves(before, createPool(table, all).places());
      const elsewhere = moved.filter(([, to]) => to !== all[0][0]).length;
      assert.ok(moved.length > 0.7 * (KEYS / 20));
      assert.ok(elsewhere <= (table === 'maglev' ? 0.01 * KEYS : 0), `${elsewhere} keys moved elsewhere`);
    });

    it(`hash by ${table} moves no key for the order of the endpoints`, () => {
      if (table === 'maglev') return; // Turns are taken in the order of the pool.
      const all = named(12, (index) => 1 + (index % 2));
      assert.deepEqual(createPool(table, all).places(), createPool(table, all.toReversed()).places());
    });

    it(`hash by ${table} moves no key but those of an endpoint that is out, spreads these over all others, and takes them back`, () => {
      const pool = createPool(table, named(10));
      const before = pool.places();
      pool.table.setHealth(4, EJECTED);
      const moved = moves(before, pool.places());
      assert.ok(moved.every(([from]) => from === pool.ids[4]));
      assert.equal(moved.length, before.filter((place) => place === pool.ids[4]).length);
      for (const id of pool.ids.filter((_, index) => index !== 4)) {
        const share = moved.filter(([, to]) => to === id).length / moved.length;
        assert.ok(share > 0.03 && share < 0.3, `${id} got ${share}`);
      }
      pool.table.setHealth(4, 0);
      assert.deepEqual(pool.places(), before);
    });

    it(`hash by ${table} shares keys by weight`, () => {
      for (const weights of [named(5), named(5, (index) => 1 + index), named(4, (index) => [0.5, 0.25, 1, 0][index])]) {
        const counts = new Map(weights.map(([id]) => [id, 0]));
        for (const place of createPool(table, weights).places()) counts.set(place, (counts.get(place) ?? 0) + 1);
        const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
        for (const [id, weight] of weights) {
          const share = weight / total;
          const deviation = Math.sqrt(KEYS * share * (1 - share));
          const expected = KEYS * share;
          const bound = { ring: 0.3 * expected, maglev: 0.02 * expected, rendezvous: 3 * deviation }[table];
          const count = counts.get(id) as number;
          assert.ok(Math.abs(count - expected) <= bound, `${id}: ${count} instead of ${expected} ± ${bound}`);
        }
      }
    });

    it(`hash by ${table} shares keys by weight among 100 endpoints, and reaches each of 1,000`, () => {
      const counts = new Map<string, number>();
      for (const place of createPool(table, named(100)).places()) counts.set(place, (counts.get(place) ?? 0) + 1);
      // Keys alone scatter by 3 %, points of a ring by 8 %.
      const bound = table === 'ring' ? 350 : 150;
      for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < bound, String(count));
      assert.equal(counts.size, 100);
      assert.equal(new Set(createPool(table, named(1000)).places()).size, 1000);
    });

    it(`hash by ${table} goes to the same endpoint at a next try, as long as another has not been tried`, () => {
      const { policy } = createPool(table, named(8));
      for (let index = 0; index < 200; index++) {
        const key = keyAt(index);
        const order: number[] = [];
        for (let attempt = 0; attempt < 8; attempt++) order.push(policy.pick({ tried: [...order], key }));
        assert.equal(new Set(order).size, 8, order.join(' '));
        assert.equal(policy.pick({ tried: order, key }), order[0], 'all tried: back to the first');
      }
    });

    it(`hash by ${table} never lets an endpoint have more than its bound in flight, through random traffic with endpoints coming and going`, () => {
      const event = fc.record({ kind: fc.constantFrom('pick', 'pick', 'pick', 'end', 'health'), value: fc.nat(1000) });
      const endpoints = fc.array(fc.constantFrom(1, 1, 2, 0.5, 5), { minLength: 1, maxLength: 8 });
      fc.assert(
        fc.property(
          endpoints,
          fc.array(event, { maxLength: 150 }),
          fc.constantFrom(1.05, 1.25, 2),
          (weights, events, factor) => {
            const { policy, table: shared } = createPool(
              table,
              named(weights.length, (index) => weights[index]),
              factor,
            );
            const held: number[] = [];
            const out = new Set<number>();
            for (const { kind, value } of events) {
              if (kind === 'health') {
                const slot = value % weights.length;
                if (out.has(slot)) out.delete(slot);
                else out.add(slot);
                shared.setHealth(slot, out.has(slot) ? EJECTED : 0);
              } else if (kind === 'end' && held.length > 0) {
                shared.release(held.splice(value % held.length, 1)[0]);
              } else if (kind === 'pick') {
                // Few keys, so that they run into the bound.
                const picked = policy.pick({ tried: null, key: keyAt(value % 3) });
                if (out.size === weights.length) assert.equal(picked, -1);
                else {
                  assert.ok(!out.has(picked));
                  const total = weights.reduce((sum, weight, index) => (out.has(index) ? sum : sum + weight), 0);
                  const bound = Math.ceil(factor * (held.length + 1) * (weights[picked] / total) - 1e-9);
                  const load = held.filter((slot) => slot === picked).length + 1;
                  assert.ok(load <= bound, `${load} in flight, the bound is ${bound}`);
                  shared.acquire(picked);
                  held.push(picked);
                }
              }
            }
          },
        ),
        {
          numRuns: 60,
          // A bound of exactly 3, which floating point makes a little larger.
          examples: [[[0.5, 1, 2, 1, 2, 5], WHOLE_BOUND, 1.05]],
        },
      );
    });

    it(`hash by ${table} spreads what is too much for one endpoint over all others`, () => {
      const { policy, table: shared } = createPool(table, named(10), 1.25);
      const full = policy.pick({ tried: null, key: keyAt(2) });
      const keys = Array.from({ length: 20_000 }, (_, index) => keyAt(index));
      const own = keys.filter((key) => policy.pick({ tried: null, key }) === full);
      for (let count = 0; count < 500; count++) shared.acquire(full);
      const counts = new Array<number>(10).fill(0);
      for (const key of own) counts[policy.pick({ tried: null, key })]++;
      assert.equal(counts[full], 0);
      // A neighbour would get all of it.
      for (const [index, count] of counts.entries()) {
        const share = count / own.length;
        assert.ok(index === full || (share > 0.03 && share < 0.25), `${index} got ${share} of the overflow`);
      }
    });

    it(`hash by ${table} gives requests without a key to any endpoint`, () => {
      const { policy } = createPool(table, named(4));
      const picked = Array.from({ length: 200 }, () => policy.pick({ tried: null, key: 0 }));
      assert.deepEqual([...new Set(picked)].sort(), [0, 1, 2, 3]);
    });
  });
}

describe('bounded load over four threads', () => {
  for (const table of TABLES) {
    const spec = { hash: { key: { parts: ['client'], missing: 'random' as const }, table, boundedLoad: 1.25 } };
    const threads = new PolicyThreads(spec);

    it(`bounded load by ${table} is exceeded over four threads by at most one request for each other thread`, async () => {
      const weights = [1, 1, 2, 4];
      const total = weights.reduce((sum, weight) => sum + weight);
      let worst = -Infinity;
      // Each thread has `held` in flight, but for the moment between an end and the next beginning.
      const held = 40;
      const watch = async (shared: PoolTable, signals: Int32Array): Promise<void> => {
        for (let phase = 1; phase <= 3; phase++) {
          for (let look = 0; look < 3000; look++) {
            weights.forEach((weight, slot) => {
              const bound = Math.ceil((1.25 * (THREADS * (held + 1) + 1) * weight) / total);
              worst = Math.max(worst, shared.inflight[slot] - bound);
            });
            if (look % 100 === 0) await new Promise(setImmediate);
          }
          await picked(signals, 200);
          Atomics.add(signals, 1, 1);
        }
      };
      const results = await threads.run({ weights, picks: Infinity, held, watch });
      assert.ok(results.every(({ total: counts }) => counts.some((count) => count > 0)));
      assert.ok(worst <= THREADS - 1, `${worst} above the bound`);
    });
  }
});
