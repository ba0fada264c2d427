/** Composes transport, data plane and their service for one thread. */
import type { Transferable } from 'node:worker_threads';
import type { Clock } from '../../core/clock.ts';
import { ThreadMemory } from '../../core/kept-memory.ts';
import type { Random } from '../../core/random.ts';
import { MemoryTable } from '../../core/shared/memory-table.ts';
import { nodeTurns } from '../../net/loop-turns.ts';
import type { CreateEngine } from '../../net/node/connection-engine.ts';
import { NodeTransport } from '../../net/node/transport.ts';
import type { DataPlane, DataPlaneOptions } from './data-plane-api.ts';
import type { FromWorker, TestFault, WorkerStart } from '../shared/messages.ts';
import { Serving } from './serving.ts';
import { ThreadTable } from '../shared/thread-table.ts';

/** How often a thread raises its heartbeat. */
export const BEAT_MS = 100;

export type CreateDataPlane = (options: DataPlaneOptions) => DataPlane;

export interface CreateServingOptions {
  readonly start: WorkerStart;
  readonly createDataPlane: CreateDataPlane;
  readonly createEngine: CreateEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly post: (message: FromWorker, transfer: readonly Transferable[]) => void;
  readonly breakDown: ((fault: TestFault) => void) | null;
}

export function createServing(options: CreateServingOptions): Serving {
  const { start, createDataPlane, createEngine, clock, random, post, breakDown } = options;
  const { worker } = start;
  // The transport is there before the data plane that counts its faults; nothing runs in between.
  const late: { dataPlane: DataPlane | null } = { dataPlane: null };
  const onFault = (error: unknown): void => late.dataPlane?.reportFault(error);
  const transport = new NodeTransport({ createEngine, clock, onFault });
  const memory = new ThreadMemory(new MemoryTable(start.memory, worker));
  const report: DataPlaneOptions['report'] = (report) => post({ type: 'report', report }, []);
  const dataPlane = createDataPlane({
    worker,
    transport,
    clock: transport.clock,
    turns: nodeTurns,
    random,
    memory,
    report,
  });
  late.dataPlane = dataPlane;
  return new Serving({ worker, threads: new ThreadTable(start.threads), transport, dataPlane, post, breakDown });
}
