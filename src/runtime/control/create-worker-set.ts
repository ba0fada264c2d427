/** Composes the workers of a balancer with the listeners they share. */
import { availableParallelism } from 'node:os';
import type { Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import type { MemoryTableHandle } from '../../core/shared/memory-table.ts';
import { Guard } from '../../net/guard.ts';
import { ServerSockets } from '../../net/node/server-sockets.ts';
import type { NodeEngine } from '../../net/node/transport.ts';
import { ConnectionGate } from '../shared/connection-gate.ts';
import { Listeners } from './listeners.ts';
import { ThreadTable, createThreadTable } from '../shared/thread-table.ts';
import type { TakeReport } from './reports.ts';
import type { CreateLink } from './worker-link.ts';
import { WorkerSet } from './worker-set.ts';
import type { WorkerSetEvents } from './worker-set.ts';

export interface CreateWorkerSetOptions {
  /** 0: the data plane runs in this thread. */
  readonly threads: number;
  /** Rows in every shared table, see {@link workerSlotsFor}. */
  readonly workerSlots: number;
  readonly memory: MemoryTableHandle;
  readonly engine: NodeEngine;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly createLink: CreateLink;
  readonly allowTestFaults: boolean;
  /** Where reports of data planes go. */
  readonly takeReport: TakeReport;
  readonly events: WorkerSetEvents;
}

/** Rows for replacements that run beside draining workers: as many as may be replaced within a minute, and one. */
const SPARE_SLOTS = 6;

/** Threads that a reload can ask for, at least. */
const LEAST_ROOM = 16;

/**
 * Rows in every shared table, for the whole life of a process: for twice as many threads as there are processors, so
 * that a reload can ask for more. Rows that are never used cost addresses and no memory.
 */
export function workerSlotsFor(threads: number): number {
  return threads === 0 ? 1 : Math.max(threads, LEAST_ROOM, 2 * availableParallelism()) + SPARE_SLOTS;
}

export function createWorkerSet(options: CreateWorkerSetOptions): WorkerSet {
  const { threads, workerSlots, memory, engine, clock, scheduler, createLink, allowTestFaults, takeReport, events } =
    options;
  const handle = createThreadTable(workerSlots);
  const table = new ThreadTable(handle);
  const isInline = threads === 0;
  const workers = new WorkerSet({
    count: Math.max(1, threads),
    mostThreads: Math.max(0, workerSlots - SPARE_SLOTS),
    isThreaded: !isInline,
    table,
    clock,
    scheduler,
    createLink,
    start: { threads: handle, memory, engine, allowTestFaults },
    takeReport,
    events,
  });
  const gate = new ConnectionGate(table, (connections) => events.onAtLimit(connections));
  const transport = new ServerSockets(new Guard((error) => workers.reportFault(error)));
  workers.listeners = new Listeners({
    transport,
    gate,
    table,
    serving: () => workers.serving,
    onSocketChange: (change) => events.onSocketChange(change),
  });
  return workers;
}
