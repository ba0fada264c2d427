import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_POLICY, POLICIES } from '../../src/core/balancer/policies.ts';
import type { PolicySpec } from '../../src/core/snapshot.ts';
import { testExactShares, testWeightedShares } from './policy-shares.ts';
import { testPolicy } from './policy.ts';

const HASHES = (['ring', 'maglev', 'rendezvous'] as const).flatMap((table) =>
  [0, 1.25].map((boundedLoad): PolicySpec => {
    return { hash: { key: { parts: ['client'], missing: 'random' }, table, boundedLoad } };
  }),
);

for (const policy of [...Object.keys(POLICIES), ...HASHES]) testPolicy(policy);

// A new policy is named here, too, unless its shares follow something else than the weights.
for (const name of ['round-robin', 'least-connections', 'random', 'power-of-two', 'peak-ewma'] as const) {
  testWeightedShares(name);
}
testExactShares('round-robin');

describe('the record of policies', () => {
  it('the record of policies names each policy as it names itself', () => {
    for (const [name, definition] of Object.entries(POLICIES)) assert.equal(definition.name, name);
  });

  it('the record of policies cannot be changed', () => {
    assert.ok(Object.isFrozen(POLICIES));
  });

  it('the record of policies contains the default', () => {
    assert.equal(POLICIES[DEFAULT_POLICY].name, 'power-of-two');
  });
});
