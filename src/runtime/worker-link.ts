/** The line between the control plane and one data plane: a worker thread, or the caller's own thread. */
import { Worker } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { BEAT_MS, createServing } from './create-serving.ts';
import type { CreateDataPlane } from './create-serving.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

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

class ThreadLink implements WorkerLink {
  readonly #thread: Worker;

  constructor(url: URL, start: WorkerStart, events: LinkEvents) {
    this.#thread = new Worker(url, { workerData: start, name: `fairlead-${start.worker}` });
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

export interface InlineLinkOptions {
  readonly createDataPlane: CreateDataPlane;
  readonly clock: Clock;
  readonly random: Random;
}

/** Links to data planes in this thread. Messages arrive in order, in a microtask of their own, as between threads. */
export function createInlineLinks(options: InlineLinkOptions): CreateLink {
  return (start, events) => {
    const serving = createServing({
      ...options,
      start,
      post: (message) => queueMicrotask(() => events.onMessage(message)),
      breakDown: null,
    });
    const beat = setInterval(() => serving.beat(), BEAT_MS).unref();
    queueMicrotask(() => events.onMessage({ type: 'ready' }));
    return {
      post: (message) => queueMicrotask(() => serving.handle(message)),
      terminate: () => {
        clearInterval(beat);
        queueMicrotask(() => events.onExit(null));
      },
      cpuMs: () => Promise.reject(new Error('not a thread of its own')),
    };
  };
}
