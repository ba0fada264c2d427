/** The health of every pool: follows the config by operations, and hears what the data planes met. */
import type { CheckTools } from '../../checks/endpoint-check.ts';
import type { EndpointHealthReport } from '../../checks/endpoint-health.ts';
import { PoolHealth } from '../../checks/pool-health.ts';
import type { PoolHealthEvents } from '../../checks/pool-health.ts';
import type { Operation } from '../../core/operations.ts';
import type { PoolTable } from '../../core/shared/pool-table.ts';
import type { EndpointReport } from '../shared/data-plane-report.ts';

export class HealthKeeper {
  readonly #tools: CheckTools;
  readonly #tableOf: (pool: string) => PoolTable;
  readonly #events: PoolHealthEvents;
  /** The first config of the process has been applied. */
  #hasStarted = false;
  readonly #pools = new Map<string, PoolHealth>();

  /** `tableOf` returns the control plane's view of a pool's current table. */
  constructor(tools: CheckTools, tableOf: (pool: string) => PoolTable, events: PoolHealthEvents) {
    this.#tools = tools;
    this.#tableOf = tableOf;
    this.#events = events;
  }

  apply(operations: readonly Operation[]): void {
    for (const operation of operations) this.#apply(operation);
    for (const pool of this.#pools.values()) pool.watchPanic();
    this.#hasStarted = true;
  }

  hear(report: EndpointReport): void {
    const pool = this.#pools.get(report.pool);
    if (pool === undefined) return;
    const { slot, generation } = report;
    if (report.type === 'passive-failure') pool.failed(report, report.isFirst, report.tookMs);
    else if (report.type === 'failures-reached') pool.failedInARow(report, report.kind);
    else if (report.type === 'trial-ended') pool.trialEnded(report, report.number, report.result);
    else pool.recovered(slot, generation);
  }

  /** Its thread is gone. */
  workerGone(worker: number): void {
    for (const pool of this.#pools.values()) pool.workerGone(worker);
  }

  isPanicking(pool: string): boolean {
    return this.#pools.get(pool)?.isPanicking === true;
  }

  /** Null for what is not in the config. */
  report(pool: string, endpoint: string): EndpointHealthReport | null {
    return this.#pools.get(pool)?.report(endpoint) ?? null;
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
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
