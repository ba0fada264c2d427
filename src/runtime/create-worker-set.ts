/** Composes the workers of a balancer with the listeners they share. */
import type { Scheduler } from '../checks/scheduler.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { createNodeTransport } from '../net/node/transport.ts';
import type { NodeEngine } from '../net/node/transport.ts';
import { ConnectionGate } from './connection-gate.ts';
import type { CreateDataPlane } from './create-serving.ts';
import { Listeners } from './listeners.ts';
import { ThreadTable, createThreadTable } from './thread-table.ts';
import { createInlineLinks, createThreadLinks } from './worker-link.ts';
import { WorkerSet } from './worker-set.ts';
import type { WorkerSetEvents } from './worker-set.ts';

export interface CreateWorkerSetOptions {
  /** 0: the data plane runs in this thread. */
  readonly threads: number;
  readonly engine: NodeEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly workerUrl: URL;
  readonly createDataPlane: CreateDataPlane;
  readonly allowTestFaults: boolean;
  readonly events: WorkerSetEvents;
}

/** Rows for replacements that run beside draining workers: as many as may be replaced within a minute, and one. */
const SPARE_SLOTS = 6;

/** Rows in every shared table. */
export function workerSlotsFor(threads: number): number {
  return threads === 0 ? 1 : threads + SPARE_SLOTS;
}

export function createWorkerSet(options: CreateWorkerSetOptions): WorkerSet {
  const { threads, engine, clock, random, scheduler, workerUrl, createDataPlane, allowTestFaults, events } = options;
  const handle = createThreadTable(workerSlotsFor(threads));
  const table = new ThreadTable(handle);
  const isInline = threads === 0;
  const workers = new WorkerSet({
    count: Math.max(1, threads),
    isThreaded: !isInline,
    table,
    clock,
    scheduler,
    createLink: isInline ? createInlineLinks({ createDataPlane, clock, random }) : createThreadLinks(workerUrl),
    start: { threads: handle, engine, allowTestFaults },
    events,
  });
  const gate = new ConnectionGate(table, (connections) => events.onAtLimit(connections));
  const transport = createNodeTransport({ engine, clock, onFault: (error) => workers.reportFault(error) });
  workers.listeners = new Listeners({ threads, transport, gate, table, serving: () => workers.serving });
  return workers;
}
