/** The health of every pool: follows the config by operations, and hears what the data planes met. */
import type { Agents } from '../../checks/agents.ts';
import type { CheckTools } from '../../checks/endpoint-check.ts';
import type { AgentReport } from '../../checks/endpoint-agent.ts';
import type { EndpointHealthReport } from '../../checks/endpoint-health.ts';
import { PoolHealth } from '../../checks/pool-health.ts';
import type { PoolHealthEvents } from '../../checks/pool-health.ts';
import type { AgentState, AgentWord, Standing } from '../../core/health/agent.ts';
import type { Operation } from '../../core/operations.ts';
import type { PoolTable } from '../../core/shared/pool-table.ts';
import type { EndpointSpec } from '../../core/snapshot.ts';
import type { EndpointReport } from '../shared/data-plane-report.ts';

export interface HealthKeeperEvents extends PoolHealthEvents {
  /** Agents have set other weights or limits than before: endpoints of this pool are to be compiled anew. */
  onShare(pool: string): void;
}

export class HealthKeeper {
  readonly #tools: CheckTools;
  readonly #tableOf: (pool: string) => PoolTable;
  readonly #events: HealthKeeperEvents;
  /** The first config of the process has been applied. */
  #hasStarted = false;
  #agents: Agents | null = null;
  readonly #pools = new Map<string, PoolHealth>();

  /** `tableOf` returns the control plane's view of a pool's current table. */
  constructor(tools: CheckTools, tableOf: (pool: string) => PoolTable, events: HealthKeeperEvents) {
    this.#tools = tools;
    this.#tableOf = tableOf;
    this.#events = events;
  }

  /** To be called before a config with agents is applied; `known` has led to the config before. */
  async loadAgents(known: readonly Operation[]): Promise<void> {
    if (this.#agents !== null) return;
    const loaded = await import('../../checks/agents.ts');
    this.#agents = new loaded.Agents(this.#tools, {
      onWord: (pool, endpoint, before, word) => this.#heed(pool, endpoint, before, word),
    });
    this.#agents.apply(known);
  }

  apply(operations: readonly Operation[]): void {
    for (const operation of operations) this.#apply(operation);
    this.#agents?.apply(operations);
    for (const pool of this.#pools.values()) pool.watchPanic();
    this.#hasStarted = true;
  }

  hear(report: EndpointReport): void {
    const pool = this.#pools.get(report.pool);
    if (pool === undefined) return;
    const { slot, generation } = report;
    if (report.type === 'passive-failure') pool.failed(report, report.isFirst, report.tookMs);
    else if (report.type === 'failures-reached') pool.failedInARow(report, report.kind);
    else if (report.type === 'breaker-failure') pool.breakerFailed(report, report.inARow);
    else if (report.type === 'trial-ended') pool.trialEnded(report, report.number, report.result);
    else pool.recovered(slot, generation);
  }

  /** An endpoint from which nothing comes while others answer. */
  silent(pool: string, { slot, generation }: EndpointSpec, overdue: number, oldestMs: number): void {
    this.#pools.get(pool)?.silent(slot, generation, overdue, oldestMs);
  }

  /** Its thread is gone. */
  workerGone(worker: number): void {
    for (const pool of this.#pools.values()) pool.workerGone(worker);
  }

  isPanicking(pool: string): boolean {
    return this.#pools.get(pool)?.isPanicking === true;
  }

  /** An operator wants another thing of an endpoint than before. False: there is no such endpoint. */
  setStanding(pool: string, endpoint: string, standing: Standing, reason: string): boolean {
    return this.#pools.get(pool)?.want(endpoint, 'operator', { standing, isDown: false }, reason) ?? false;
  }

  /** Null for what is not in the config. */
  report(pool: string, endpoint: string): EndpointHealthReport | null {
    return this.#pools.get(pool)?.report(endpoint) ?? null;
  }

  /** What the agent of an endpoint has said so far; null: no pool has any. */
  agentOf(pool: string, endpoint: string): AgentState | null {
    return this.#agents?.stateOf(pool, endpoint) ?? null;
  }

  /** The same with when it spoke last; null: it has no agent. */
  reportAgent(pool: string, endpoint: string): AgentReport | null {
    return this.#agents?.report(pool, endpoint) ?? null;
  }

  close(): void {
    this.#agents?.close();
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  #heed(pool: string, endpoint: string, before: AgentState, { state, reason }: AgentWord): void {
    const { standing, isDown, percent, maxConnections } = state;
    this.#pools.get(pool)?.want(endpoint, 'agent', { standing, isDown }, `its agent: ${reason}`);
    if (percent !== before.percent || maxConnections !== before.maxConnections) this.#events.onShare(pool);
  }

  #apply(operation: Operation): void {
    switch (operation.op) {
      case 'add-pool': {
        const { pool } = operation;
        this.#pools.set(pool.id, new PoolHealth(pool, this.#tableOf(pool.id), this.#tools, this.#events));
        break;
      }
      case 'update-pool':
        this.#pools.get(operation.pool.id)?.update(operation.pool, this.#tableOf(operation.pool.id));
        break;
      case 'remove-pool':
        this.#pools.get(operation.id)?.close();
        this.#pools.delete(operation.id);
        break;
      case 'add-endpoint':
        this.#pools.get(operation.pool)?.add(operation.endpoint, this.#hasStarted);
        break;
      case 'update-endpoint':
        this.#pools.get(operation.pool)?.change(operation.endpoint);
        break;
      case 'remove-endpoint':
        this.#pools.get(operation.pool)?.remove(operation.id, operation.slot);
        break;
      default:
    }
  }
}
