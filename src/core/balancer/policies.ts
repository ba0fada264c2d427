/** Every balancing policy by its name in config. `hash`, which needs more said, is in `definition-of.ts`. */
import type { PolicySpec } from '../snapshot.ts';
import { first } from './first.ts';
import { leastConnections } from './least-connections.ts';
import { peakEwma } from './peak-ewma.ts';
import type { PolicyDefinition } from './policy.ts';
import { powerOfTwo } from './power-of-two.ts';
import { randomPolicy } from './random.ts';
import { roundRobin } from './round-robin.ts';

export const POLICIES = Object.freeze({
  'round-robin': roundRobin,
  'least-connections': leastConnections,
  random: randomPolicy,
  'power-of-two': powerOfTwo,
  'peak-ewma': peakEwma,
  first,
} satisfies Record<string, PolicyDefinition>);

export type PolicyName = keyof typeof POLICIES;

export const DEFAULT_POLICY: PolicyName = 'power-of-two';

export function isSamePolicy(a: PolicySpec, b: PolicySpec): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** As it is said to people. */
export function nameOfPolicy(spec: PolicySpec): string {
  if (typeof spec === 'string') return spec;
  const { key, table, boundedLoad } = spec.hash;
  return `hash of ${key.parts.join(' and ')} (${table}${boundedLoad === 0 ? '' : `, at most ${boundedLoad} × its share`})`;
}
