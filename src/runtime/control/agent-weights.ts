/** Endpoints as the config has them, with the weights and limits that their agents have set. */
import type { Config } from '../../config/config.ts';
import type { AgentState } from '../../core/health/agent.ts';
import type { ResolvedEndpoint, ResolvedPools } from './resolve-names.ts';

type AgentOf = (pool: string, endpoint: string) => AgentState | null;

/** As a config may write it at most. */
const LARGEST_WEIGHT = 1000;

export function heedAgents({ pools }: Config, resolved: ResolvedPools, agentOf: AgentOf): ResolvedPools {
  const heeded = pools
    .filter(({ agent }) => agent !== null)
    .map(({ id }) => [id, (resolved.get(id) ?? []).map((each) => heed(each, agentOf(id, each.id)))] as const);
  return heeded.length === 0 ? resolved : new Map([...resolved, ...heeded]);
}

function heed(endpoint: ResolvedEndpoint, agent: AgentState | null): ResolvedEndpoint {
  if (agent === null) return endpoint;
  const { percent, maxConnections } = agent;
  const weight = Math.min(LARGEST_WEIGHT, (endpoint.weight * percent) / 100);
  return maxConnections === 0 ? { ...endpoint, weight } : { ...endpoint, weight, maxConnections };
}
