/** Every balancing policy by its name in config. */
import { leastConnections } from './least-connections.ts';
import type { PolicyDefinition } from './policy.ts';
import { powerOfTwo } from './power-of-two.ts';
import { randomPolicy } from './random.ts';
import { roundRobin } from './round-robin.ts';

export const POLICIES = Object.freeze({
  'round-robin': roundRobin,
  'least-connections': leastConnections,
  random: randomPolicy,
  'power-of-two': powerOfTwo,
} satisfies Record<string, PolicyDefinition>);

export type PolicyName = keyof typeof POLICIES;

export const DEFAULT_POLICY: PolicyName = 'power-of-two';
