/** One of several threads that pick from one pool; started by `policy.ts`. */
import { parentPort } from 'node:worker_threads';
import { definitionOf } from '../../src/core/balancer/definition-of.ts';
import type { PolicySpec } from '../../src/core/snapshot.ts';
import { attachPool, Traffic } from './policy-traffic.ts';
import type { PolicyPoolSpec } from './policy-traffic.ts';

export interface PolicyJob extends PolicyPoolSpec {
  readonly policy: PolicySpec;
  /** Infinite: until the last phase is over. */
  readonly picks: number;
  readonly held: number;
  /** Index 0: threads that are ready. Index 1: the phase. Index 2 on: picks of each worker in this phase. */
  readonly signals: Int32Array;
}

export interface PolicyJobResult {
  /** Picks per phase and endpoint; a pick during which the phase changed is in none. */
  readonly counts: readonly Float64Array[];
  readonly total: Float64Array;
}

/** Phases that are counted. */
const PHASES = 3;

function run(job: PolicyJob): PolicyJobResult {
  const traffic = new Traffic(attachPool(definitionOf(job.policy), job));
  const counts = Array.from({ length: PHASES }, () => new Float64Array(job.slots.length));
  const total = new Float64Array(job.slots.length);
  Atomics.add(job.signals, 0, 1);
  while (Atomics.load(job.signals, 0) < job.workers);
  for (let pick = 0; pick < job.picks; pick++) {
    const phase = Atomics.load(job.signals, 1);
    if (phase === PHASES) break;
    const index = traffic.step(job.held);
    total[index]++;
    if (Atomics.load(job.signals, 1) === phase) counts[phase][index]++;
    Atomics.add(job.signals, 2 + job.worker, 1);
  }
  traffic.endAll();
  return { counts, total };
}

parentPort?.on('message', (job: PolicyJob) => parentPort?.postMessage(run(job)));
