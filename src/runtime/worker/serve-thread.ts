/** What runs in a data-plane thread, whatever its data plane is made of. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '../../core/clock.ts';
import { systemRandom } from '../../core/random.ts';
import { loadEngine } from '../../net/node/load-engine.ts';
import { BEAT_MS, createServing } from './create-serving.ts';
import type { CreateDataPlane } from './create-serving.ts';
import { collectStart } from '../shared/collect-start.ts';
import type { ToWorker, WorkerStart } from '../shared/messages.ts';

/** Nobody has been connected for so many beats: once, this thread gives back what its start took. */
const IDLE_BEATS = 10;

export async function serveThread(createDataPlane: CreateDataPlane): Promise<void> {
  const port = parentPort as MessagePort;
  const start = workerData as WorkerStart;
  const serving = createServing({
    start,
    createDataPlane,
    createEngine: await loadEngine(start.engine),
    clock: systemClock,
    random: systemRandom,
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    breakDown: start.allowTestFaults
      ? (fault) => void import('./test-fault.ts').then(({ breakDown }) => breakDown(fault))
      : null,
  });
  process.on('uncaughtException', (error) => serving.fail(error));
  let idleBeats = 0;
  setInterval(() => {
    serving.beat();
    if (idleBeats === IDLE_BEATS) return;
    idleBeats = serving.isIdle ? idleBeats + 1 : 0;
    if (idleBeats === IDLE_BEATS) collectStart();
  }, BEAT_MS);
  port.on('message', (message: ToWorker) => serving.handle(message));
  port.postMessage({ type: 'ready' });
}
