/** The definition of any policy, `hash` among them: loaded where somebody binds requests to endpoints, or may do so. */
import type { PolicySpec } from '../snapshot.ts';
import { hashPolicy } from './hash.ts';
import { POLICIES } from './policies.ts';
import type { PolicyName } from './policies.ts';
import type { PolicyDefinition } from './policy.ts';

export function definitionOf(spec: PolicySpec): PolicyDefinition {
  return typeof spec === 'string' ? POLICIES[spec as PolicyName] : hashPolicy(spec.hash);
}
