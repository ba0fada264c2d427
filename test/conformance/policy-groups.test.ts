/** What policies hold by themselves they hold over groups of endpoints and in slow start as well. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createGrouped } from '../../src/core/balancer/grouped.ts';
import { groupsOf } from '../../src/core/balancer/groups.ts';
import type { Placed } from '../../src/core/balancer/groups.ts';
import { buildHashTable } from '../../src/core/balancer/hash-table.ts';
import { definitionOf } from '../../src/core/balancer/definition-of.ts';
import { POLICIES, nameOfPolicy } from '../../src/core/balancer/policies.ts';
import type { Policy } from '../../src/core/balancer/policy.ts';
import { withSlowStart } from '../../src/core/balancer/slow-start.ts';
import { mix } from '../../src/core/keys/half-sip-hash.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { DRAINING, EJECTED, PoolTable, UNHEALTHY, createPoolTable } from '../../src/core/shared/pool-table.ts';
import { startSlowly } from '../../src/core/shared/slow-windows.ts';
import type { PolicySpec } from '../../src/core/snapshot.ts';
import { policyInput } from '../support/policy-input.ts';

const WINDOW_MS = 30_000;
const HASHES = (['ring', 'maglev', 'rendezvous'] as const).map((table): PolicySpec => {
  return { hash: { key: { parts: ['client'], missing: 'random' }, table, boundedLoad: 0 } };
});
const SPECS: readonly PolicySpec[] = [...Object.keys(POLICIES), ...HASHES];

interface Arranged {
  readonly policy: Policy;
  readonly table: PoolTable;
  now: number;
}

function arrange(spec: PolicySpec, endpoints: readonly Placed[], windowMs: number, zone = 'a'): Arranged {
  const definition = definitionOf(spec);
  const table = new PoolTable(createPoolTable(endpoints.length, 1), 0);
  const slots = Int32Array.from(endpoints, (_, index) => index);
  const ids = endpoints.map((_, index) => `10.0.0.${index}:80`);
  const groups = groupsOf(endpoints, zone);
  const { hashTable = null } = definition;
  const hashTables =
    hashTable === null ? [] : groups.map(({ weights }, group) => buildHashTable(hashTable, { ids, weights }, group));
  const input = policyInput({
    table,
    slots,
    weights: Float64Array.from(endpoints, ({ weight }) => weight),
    random: createSeededRandom(11),
    ids,
    hashTables,
    now: () => arranged.now,
  });
  const policy = withSlowStart(createGrouped(definition, input, groups), input, windowMs);
  const arranged: Arranged = { policy, table, now: 1_000_000 };
  return arranged;
}

const plain = (count: number): Placed[] =>
  Array.from({ length: count }, () => ({ weight: 1, priority: 0, zone: '', isBackup: false }));

function shareOf(policy: Policy, index: number, keyOf: (pick: number) => number = () => 0): number {
  let count = 0;
  for (let pick = 0; pick < 10_000; pick++) if (policy.pick({ tried: null, key: keyOf(pick) }) === index) count++;
  return count / 10_000;
}

const keyAt = (pick: number): number => mix(pick + 1) | 1;

for (const spec of SPECS) {
  const name = nameOfPolicy(spec);

  describe(`${name} over groups, and in slow start`, () => {
    it(`${name} over groups picks only eligible endpoints, untried ones first, and none only where none is eligible`, () => {
      const endpoint = fc.record({
        weight: fc.constantFrom(0, 1, 1, 3),
        priority: fc.constantFrom(0, 0, 1),
        zone: fc.constantFrom('', 'a', 'b'),
        isBackup: fc.constantFrom(false, false, true),
        flags: fc.constantFrom(0, 0, 0, UNHEALTHY, DRAINING),
        isTried: fc.boolean(),
        startedMsAgo: fc.constantFrom(0, 0, 100, 20_000, 40_000),
      });
      fc.assert(
        fc.property(fc.array(endpoint, { maxLength: 10 }), fc.constantFrom(0, WINDOW_MS), (endpoints, windowMs) => {
          const { policy, table, now } = arrange(spec, endpoints, windowMs);
          endpoints.forEach(({ flags, startedMsAgo }, index) => {
            table.setHealth(index, flags);
            if (startedMsAgo > 0) startSlowly(table, index, now - startedMsAgo);
          });
          const all = endpoints.map((_, index) => index);
          const eligible = all.filter((index) => endpoints[index].weight > 0 && endpoints[index].flags === 0);
          const tried = all.filter((index) => endpoints[index].isTried);
          const untried = eligible.filter((index) => !tried.includes(index));
          for (let pick = 0; pick < 10; pick++) {
            for (const [index, best] of [
              [policy.pick({ tried: null, key: pick }), eligible],
              [policy.pick({ tried, key: pick }), untried],
            ] as const) {
              const allowed = best.length > 0 ? best : eligible.length > 0 ? eligible : [-1];
              assert.ok(allowed.includes(index), `picked ${index}, allowed were ${allowed.join(' ')}`);
            }
          }
        }),
        { numRuns: 60 },
      );
    });

    it(`${name} over groups uses a backup only when no other endpoint is there, and the next priority for what is too much`, () => {
      const endpoints = plain(4).map((each, index) => ({ ...each, priority: index >> 1, isBackup: index === 3 }));
      const { policy, table } = arrange(spec, endpoints, 0);
      const shares = (): number[] => endpoints.map((_, index) => shareOf(policy, index, keyAt));
      assert.equal(shares()[2] + shares()[3], 0);
      table.setHealth(0, EJECTED);
      const [, first, second, backup] = shares();
      assert.ok(Math.abs(first - 0.7) < 0.03 && Math.abs(second - 0.3) < 0.03, `${first} ${second}`);
      assert.equal(backup, 0);
      for (const slot of [1, 2]) table.setHealth(slot, EJECTED);
      assert.equal(shares()[3], 1);
    });

    it(`${name} in slow start gives an endpoint that starts a tenth at first, then more and more`, () => {
      if (spec === 'first') return; // It has everything or nothing, whatever its age.
      const pool = arrange(spec, plain(4), WINDOW_MS);
      const before = shareOf(pool.policy, 2, keyAt);
      startSlowly(pool.table, 2, pool.now);
      for (const [ms, part] of [
        [1000, 0.1],
        [15_000, 0.5],
        [24_000, 0.8],
        [30_000, 1],
      ]) {
        pool.now = 1_000_000 + ms;
        const share = shareOf(pool.policy, 2, keyAt);
        // Policies that draw twice meet it twice.
        assert.ok(
          share <= before * (part + 0.15) && share >= before * (part * 0.6),
          `${share} of ${before} after ${ms} ms`,
        );
      }
    });

    it(`${name} in slow start passes nothing on while all endpoints that are eligible have just started`, () => {
      const pool = arrange(spec, plain(3), WINDOW_MS);
      const never = arrange(spec, plain(3), 0);
      for (const slot of [0, 1, 2]) startSlowly(pool.table, slot, pool.now);
      for (let pick = 0; pick < 300; pick++) {
        const request = { tried: null, key: keyAt(pick) };
        assert.equal(pool.policy.pick(request), never.policy.pick(request));
      }
    });
  });
}

for (const spec of HASHES) {
  it(`by ${nameOfPolicy(spec)} each key moves once to an endpoint that starts slowly, and to no other`, () => {
    const pool = arrange(spec, plain(5), WINDOW_MS);
    const keys = Array.from({ length: 2000 }, (_, index) => keyAt(index));
    const places = (): number[] => keys.map((key) => pool.policy.pick({ tried: null, key }));
    const whole = places();
    pool.table.setHealth(3, EJECTED);
    const without = places();
    pool.table.setHealth(3, 0);
    startSlowly(pool.table, 3, pool.now);
    let before = without;
    for (let ms = 0; ms <= WINDOW_MS; ms += 1000) {
      pool.now = 1_000_000 + ms;
      const after = places();
      after.forEach((place, index) => {
        if (place !== before[index]) assert.equal(place, 3, `after ${ms} ms`);
      });
      before = after;
    }
    assert.deepEqual(before, whole);
  });
}
