import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toConfig } from '../config/to-config.ts';
import type { Config } from '../config/config.ts';
import { advisePolicies } from './advise-policies.ts';

function configOf(
  count: number,
  policies: readonly ('first' | 'random' | 'least-connections' | { hash: { table: 'rendezvous' | 'ring' } })[],
): Config {
  const endpoints = Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}:80`);
  const routes = policies
    .slice(1)
    .map((policy, index) => ({ match: { path: `/${index}` as const }, pool: 'web' as const, policy }));
  return toConfig({ pools: { web: { policy: policies[0], endpoints } }, routes: [...routes, { pool: 'web' }] });
}

describe('the advice on policies', () => {
  it('the advice on policies is to take another above 2,000 endpoints where a pick looks at each', () => {
    assert.deepEqual(advisePolicies(configOf(2001, ['least-connections'])), [
      'pool web: least-connections looks at each of 2001 endpoints with every pick; "power-of-two" does not.',
    ]);
    assert.deepEqual(advisePolicies(configOf(2001, ['random', 'first', { hash: { table: 'rendezvous' } }])), [
      'pool web: first looks at each of 2001 endpoints with every pick; "power-of-two" does not.',
      'pool web: hash of client (rendezvous) looks at each of 2001 endpoints with every pick; the tables ring and maglev do not.',
    ]);
  });

  it('the advice on policies is none for fewer endpoints, or for a policy whose picks cost the same for any number', () => {
    assert.deepEqual(advisePolicies(configOf(2000, ['least-connections', 'first'])), []);
    assert.deepEqual(advisePolicies(configOf(2001, ['random', { hash: { table: 'ring' } }])), []);
  });
});
