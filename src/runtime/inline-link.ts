/** The line between the control plane and a data plane that runs in the caller's thread: `threads: 0`. */
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { CreateLink } from './control/worker-link.ts';
import { BEAT_MS, createServing } from './worker/create-serving.ts';
import type { CreateDataPlane } from './worker/create-serving.ts';

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
