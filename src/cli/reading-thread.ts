/** The thread that reads command lines and configs where no process can do it. */
import { parentPort, workerData } from 'node:worker_threads';
import { carryOut } from './reading.ts';
import type { ReadingOrder } from './reading-messages.ts';

parentPort?.postMessage(await carryOut(workerData as ReadingOrder));
