/** The agents of all pools that have them: follow the config by operations, and say what an endpoint is to be. */
import { isDeepStrictEqual } from 'node:util';
import { SILENT_AGENT } from '../core/health/agent.ts';
import type { AgentState, AgentWord } from '../core/health/agent.ts';
import type { Operation } from '../core/operations.ts';
import type { EndpointSpec, PoolSpec } from '../core/snapshot.ts';
import { EndpointAgent } from './endpoint-agent.ts';
import type { AgentReport } from './endpoint-agent.ts';
import type { CheckTools } from './endpoint-check.ts';

export interface AgentEvents {
  /** An agent has spoken; `before` is what it had said until then. */
  onWord(pool: string, endpoint: string, before: AgentState, word: AgentWord): void;
}

interface PoolAgents {
  spec: PoolSpec;
  readonly endpoints: Map<string, EndpointSpec>;
  readonly agents: Map<string, EndpointAgent>;
}

export class Agents {
  readonly #tools: CheckTools;
  readonly #events: AgentEvents;
  readonly #pools = new Map<string, PoolAgents>();

  constructor(tools: CheckTools, events: AgentEvents) {
    this.#tools = tools;
    this.#events = events;
  }

  apply(operations: readonly Operation[]): void {
    for (const operation of operations) this.#apply(operation);
  }

  /** What the agent of an endpoint has said so far; of one without an agent, nothing. */
  stateOf(pool: string, endpoint: string): AgentState {
    return this.#pools.get(pool)?.agents.get(endpoint)?.state ?? SILENT_AGENT;
  }

  /** Null: it has no agent. */
  report(pool: string, endpoint: string): AgentReport | null {
    return this.#pools.get(pool)?.agents.get(endpoint)?.report() ?? null;
  }

  close(): void {
    for (const { agents } of this.#pools.values()) for (const agent of agents.values()) agent.stop();
    this.#pools.clear();
  }

  #apply(operation: Operation): void {
    switch (operation.op) {
      case 'add-pool':
        this.#pools.set(operation.pool.id, { spec: operation.pool, endpoints: new Map(), agents: new Map() });
        break;
      case 'update-pool':
        this.#update(operation.pool);
        break;
      case 'add-endpoint':
        this.#add(operation.pool, operation.endpoint);
        break;
      case 'update-endpoint': {
        const pool = this.#pools.get(operation.pool);
        pool?.endpoints.set(operation.endpoint.id, operation.endpoint);
        pool?.agents.get(operation.endpoint.id)?.setEndpoint(operation.endpoint);
        break;
      }
      case 'remove-endpoint':
        this.#remove(operation.pool, operation.id, operation.slot);
        break;
      case 'remove-pool':
        this.#pools.delete(operation.id);
        break;
      default:
    }
  }

  /** With another agent, or none, what the one before has said is forgotten. */
  #update(spec: PoolSpec): void {
    const pool = this.#pools.get(spec.id);
    if (pool === undefined) return;
    const isSame = isDeepStrictEqual(pool.spec.agent, spec.agent);
    pool.spec = spec;
    if (isSame) return;
    for (const [id, agent] of pool.agents) {
      agent.stop();
      this.#events.onWord(spec.id, id, agent.state, {
        state: SILENT_AGENT,
        reason: 'its agent has changed',
        unknown: [],
      });
    }
    pool.agents.clear();
    for (const endpoint of pool.endpoints.values()) this.#start(pool, endpoint);
  }

  #add(poolId: string, endpoint: EndpointSpec): void {
    const pool = this.#pools.get(poolId);
    if (pool === undefined) return;
    pool.endpoints.set(endpoint.id, endpoint);
    const known = pool.agents.get(endpoint.id);
    if (known === undefined) this.#start(pool, endpoint);
    else known.setEndpoint(endpoint);
  }

  #start({ spec: { id, agent: spec }, agents }: PoolAgents, endpoint: EndpointSpec): void {
    if (spec === null) return;
    let before = SILENT_AGENT;
    const agent = new EndpointAgent(spec, endpoint, this.#tools, (word) => {
      const last = before;
      before = word.state;
      this.#events.onWord(id, endpoint.id, last, word);
    });
    agents.set(endpoint.id, agent);
    agent.start();
  }

  #remove(poolId: string, id: string, slot: number): void {
    const pool = this.#pools.get(poolId);
    // One that has moved to another row is there already.
    if (pool?.endpoints.get(id)?.slot !== slot) return;
    pool.agents.get(id)?.stop();
    pool.agents.delete(id);
    pool.endpoints.delete(id);
  }
}
