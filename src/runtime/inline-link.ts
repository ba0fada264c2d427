/** The line between the control plane and a data plane that runs in the caller's thread: `threads: 0`. */
import type { Cancel, Scheduler } from '../checks/scheduler.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { CreateEngine } from '../net/node/connection-engine.ts';
import type { CreateLink } from './control/worker-link.ts';
import { BEAT_MS, createServing } from './worker/create-serving.ts';
import type { CreateDataPlane } from './worker/create-serving.ts';

export interface InlineLinkOptions {
  readonly createDataPlane: CreateDataPlane;
  readonly createEngine: CreateEngine;
  readonly clock: Clock;
  readonly random: Random;
  /** Times its heartbeat. */
  readonly scheduler: Scheduler;
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
    let cancelBeat: Cancel;
    const beatLater = (): void => {
      cancelBeat = options.scheduler.after(BEAT_MS, () => {
        beatLater();
        serving.beat();
      });
    };
    beatLater();
    queueMicrotask(() => events.onMessage({ type: 'ready' }));
    return {
      post: (message) => queueMicrotask(() => serving.handle(message)),
      terminate: () => {
        cancelBeat();
        queueMicrotask(() => events.onExit(null));
      },
      cpuMs: () => Promise.reject(new Error('not a thread of its own')),
    };
  };
}
