/** The thread that tries out the module of a middleware: it is imported, and made with the options of the config. */
import { parentPort, workerData } from 'node:worker_threads';
import { MiddlewareRefused, readMiddleware } from '../core/middleware/read-middleware.ts';
import { takeUserModules } from '../machine/user-modules.ts';
import type { MiddlewareMessage, MiddlewareTrial } from './module-messages.ts';

const { url, options, fairlead } = workerData as MiddlewareTrial;

function say(message: MiddlewareMessage): void {
  parentPort?.postMessage(message);
}

takeUserModules({ onLoad: (loaded) => say({ type: 'loaded', url: loaded }), fairlead: new URL(fairlead) });

function wordsOf(error: unknown): { readonly message: string; readonly stack: string } {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { message, stack };
}

async function tryOut(): Promise<MiddlewareMessage> {
  let exported: unknown;
  try {
    exported = ((await import(url)) as Readonly<Record<string, unknown>>)['default'];
  } catch (error) {
    return { type: 'threw', ...wordsOf(error) };
  }
  const names: string[] = [];
  for (const [index, told] of options.entries()) {
    try {
      names.push((await readMiddleware(exported, told)).name);
    } catch (error) {
      if (error instanceof MiddlewareRefused)
        return { type: 'refused', index, message: error.message, cure: error.cure };
      return { type: 'options-refused', index, ...wordsOf(error) };
    }
  }
  return { type: 'taken', names };
}

void tryOut().then(say);
