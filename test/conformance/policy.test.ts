import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_POLICY, POLICIES } from '../../src/core/balancer/policies.ts';
import { testExactShares, testWeightedShares } from './policy-shares.ts';
import { testPolicy } from './policy.ts';

for (const definition of Object.values(POLICIES)) testPolicy(definition);

// A new policy is named here, too, unless its shares follow something else than the weights.
for (const name of ['round-robin', 'least-connections', 'random', 'power-of-two'] as const) {
  testWeightedShares(POLICIES[name]);
}
testExactShares(POLICIES['round-robin']);

describe('the record of policies', () => {
  it('names each policy as it names itself', () => {
    for (const [name, definition] of Object.entries(POLICIES)) assert.equal(definition.name, name);
  });

  it('cannot be changed', () => {
    assert.ok(Object.isFrozen(POLICIES));
  });

  it('has the default', () => {
    assert.equal(POLICIES[DEFAULT_POLICY].name, 'power-of-two');
  });
});
