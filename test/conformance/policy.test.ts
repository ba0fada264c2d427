import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_POLICY, POLICIES } from '../../src/core/balancer/policies.ts';
import { testPolicy } from './policy.ts';

for (const definition of Object.values(POLICIES)) testPolicy(definition);

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

  it('refuses options that a policy does not have, by name', () => {
    for (const definition of Object.values(POLICIES)) {
      assert.deepEqual(definition.parseOptions({}), {});
      assert.throws(() => definition.parseOptions({ choices: 3 }), /unknown option "choices"/);
    }
  });
});
