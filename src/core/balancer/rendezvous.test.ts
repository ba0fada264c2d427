import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lowestOf, poolOf, situations } from '../../../test/support/policy-situations.ts';
import { policyInput } from '../../../test/support/policy-input.ts';
import { mix } from '../keys/half-sip-hash.ts';
import { PoolTable, createPoolTable } from '../shared/pool-table.ts';
import { hashPolicy } from './hash.ts';
import { hashIdentities } from './hash-table.ts';
import { Rendezvous } from './rendezvous.ts';

const key = fc.integer().filter((word) => word !== 0);
const PLAIN = { key: { parts: ['client'], missing: 'random' }, table: 'rendezvous', boundedLoad: 0 } as const;

/** What an endpoint draws for a key, as the definition says: 31 bits. */
function drawOf(word: number, [first, second]: Int32Array): number {
  const mixed = Math.imul(word ^ mix(first ^ second), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 1;
}

/** A key for which an endpoint draws this, by the steps of `drawOf` backwards. */
function keyFor(drawn: number, [first, second]: Int32Array): number {
  const mixed = Math.imul(drawn << 1, inverse(0xc2b2ae35));
  const before = mixed ^ (mixed >>> 13) ^ (mixed >>> 26);
  return Math.imul(before, inverse(0x85ebca6b)) ^ mix(first ^ second);
}

/** Of an odd number modulo 2³², by Newton's method. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}

describe('Rendezvous', () => {
  it('Rendezvous finds the endpoint with the lowest −ln(1 − u) / weight of those that may be picked', () => {
    fc.assert(
      fc.property(situations, key, (situation, word) => {
        const { tried, ...given } = poolOf(situation);
        const input = policyInput(given);
        const expected = lowestOf(situation, ({ weight }, index) => {
          const drawn = drawOf(word, hashIdentities([input.ids[index]]));
          return -Math.log1p(-drawn / 2 ** 31) / weight;
        });
        assert.equal(hashPolicy(PLAIN).create(input).pick({ tried, key: word }), expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('Rendezvous finds an endpoint also where its draw is the highest there is, or the lowest', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    const input = policyInput({ table, slots: Int32Array.of(0), weights: Float64Array.of(1) });
    const identity = hashIdentities(input.ids);
    for (const drawn of [0x7fffffff, 0]) {
      const word = keyFor(drawn, identity);
      assert.equal(drawOf(word, identity), drawn);
      assert.equal(new Rendezvous(input).find(word, null, null), 0);
    }
  });
});
