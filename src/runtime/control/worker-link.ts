/** The line between the control plane and one data plane, and the one whose other end is a worker thread. */
import { Worker } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from '../shared/messages.ts';
import { allowCollection } from './allow-collection.ts';

/** What the control plane hears. Nothing is called before `createLink` has returned. */
export interface LinkEvents {
  onMessage(message: FromWorker): void;
  /** The thread is gone, whoever ended it. `error`: why, as far as Node knows, e.g. heap exhaustion. Last, once. */
  onExit(error: Error | null): void;
}

export interface WorkerLink {
  post(message: ToWorker, transfer?: readonly Transferable[]): void;
  /** Ends the thread now; `onExit` follows. */
  terminate(): void;
  /** CPU time the thread has used so far, in ms, also while it loops. Rejects once it is gone. */
  cpuMs(): Promise<number>;
}

export type CreateLink = (start: WorkerStart, events: LinkEvents) => WorkerLink;

/** Links to worker threads whose entry is `url`. */
export function createThreadLinks(url: URL): CreateLink {
  return (start, events) => new ThreadLink(url, start, events);
}

/**
 * Node gives a thread the code that an earlier start has compiled, and keeps that as long as the thread lives: 1 MiB. The
 * first one has it, for the start with one thread to be quick. From sources in TypeScript all have it: without it each
 * thread would strip their types again, three times the work of its start.
 */
const WITHOUT_KEPT_CODE = { NODE_DISABLE_COMPILE_CACHE: '1' };

class ThreadLink implements WorkerLink {
  readonly #thread: Worker;

  constructor(url: URL, start: WorkerStart, events: LinkEvents) {
    allowCollection();
    const keepsCode = start.worker === 0 || /\.m?ts$/.test(url.pathname);
    const env = keepsCode ? {} : { env: { ...process.env, ...WITHOUT_KEPT_CODE } };
    this.#thread = new Worker(url, { workerData: start, name: `fairlead-${start.worker}`, ...env });
    let lastError: Error | null = null;
    this.#thread.on('message', (message: FromWorker) => events.onMessage(message));
    this.#thread.on('error', (error) => {
      lastError = error instanceof Error ? error : new Error(String(error));
    });
    this.#thread.on('exit', () => events.onExit(lastError));
  }

  post(message: ToWorker, transfer: readonly Transferable[] = []): void {
    this.#thread.postMessage(message, [...transfer]);
  }

  terminate(): void {
    void this.#thread.terminate();
  }

  async cpuMs(): Promise<number> {
    const { user, system } = await this.#thread.cpuUsage();
    return (user + system) / 1000;
  }
}
