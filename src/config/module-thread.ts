/** The thread that evaluates a config module: a fresh one for each load, so that it sees the code as it is now. */
import { parentPort, workerData } from 'node:worker_threads';
import { takeUserModules } from '../machine/user-modules.ts';
import type { ModuleMessage } from './module-messages.ts';
import { toPlainData } from './plain-data.ts';

function say(message: ModuleMessage): void {
  parentPort?.postMessage(message);
}

takeUserModules({ onLoad: (url) => say({ type: 'loaded', url }) });

async function evaluate(url: string): Promise<ModuleMessage> {
  try {
    const module = (await import(url)) as Readonly<Record<string, unknown>>;
    const exported = module['default'] ?? module['config'];
    if (exported === undefined) return { type: 'no-export' };
    const value: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported;
    const plain = toPlainData(value);
    return 'problems' in plain ? { type: 'not-data', ...plain } : { type: 'value', ...plain };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { type: 'threw', message, stack: stack ?? '' };
  }
}

void evaluate(String(workerData)).then(say);
