/** The thread that evaluates a config module: a fresh one for each load, so that it sees the code as it is now. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { ModuleMessage } from './module-messages.ts';
import { toPlainData } from './plain-data.ts';

function say(message: ModuleMessage): void {
  parentPort?.postMessage(message);
}

/** At the beginning of a line, where CommonJS has neither; `import(` and `import.meta` do not count. */
const MODULE_SYNTAX = /^[ \t]*(?:import\b(?![ \t]*[(.])|export\b)/m;

/**
 * The format in which Node loads the user's file. `npm init` makes a folder a CommonJS package, and there Node takes
 * every `.ts` and `.js` for CommonJS, so that the first `import` of a config would be an error.
 */
function formatOf(url: string, format: string | null | undefined): string | null | undefined {
  const isGiven = !url.startsWith('file:') || url.includes('/node_modules/') || /\.c[jt]s$/.test(url);
  if (isGiven || format?.startsWith('commonjs') !== true) return format;
  if (!MODULE_SYNTAX.test(readFileSync(fileURLToPath(url), 'utf8'))) return format;
  return format === 'commonjs-typescript' ? 'module-typescript' : 'module';
}

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) say({ type: 'loaded', url });
    return nextLoad(url, { ...context, format: formatOf(url, context.format) });
  },
});

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
