/** Pools whose policy is right for fewer endpoints than they have. */
import type { Config } from '../config/config.ts';
import { definitionOf } from '../core/balancer/definition-of.ts';
import { nameOfPolicy } from '../core/balancer/policies.ts';

/** What a pick looks at one by one: beyond this it takes longer than what else a request costs here. */
const MOST_ENDPOINTS = 2000;

/** A sentence for each policy, be it the pool's or a route's. */
export function advisePolicies({ pools, routes }: Config): readonly string[] {
  return pools.flatMap(({ id, policy, endpoints }) => {
    if (endpoints.length <= MOST_ENDPOINTS) return [];
    const named = [
      policy,
      ...routes.flatMap((route) => (route.pool === id && route.policy !== null ? [route.policy] : [])),
    ];
    const linear = new Set(named.filter((each) => definitionOf(each).isLinear === true).map(nameOfPolicy));
    return [...linear].map((name) => {
      const instead = name.startsWith('hash') ? 'the tables ring and maglev do not' : '"power-of-two" does not';
      return `pool ${id}: ${name} looks at each of ${endpoints.length} endpoints with every pick; ${instead}.`;
    });
  });
}
