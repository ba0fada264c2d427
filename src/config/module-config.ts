/** A config that is a TypeScript or JavaScript module: evaluated in a thread of its own, within a time limit. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { PlacedMistake } from './document.ts';
import { Mistake } from './errors.ts';
import { ModuleLocator } from './module-locator.ts';
import type { ModuleMessage } from './module-messages.ts';
import { locateThrow } from './module-throw.ts';
import { unreadable } from './source.ts';
import type { Source } from './source.ts';

const TIME_LIMIT_MS = 10_000;
const THREAD_URL = new URL(`./module-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

export function isModuleName(file: string): boolean {
  return /\.[cm]?[jt]s$/i.test(file);
}

type Outcome = Exclude<ModuleMessage, { type: 'loaded' }> | { readonly type: 'late' } | { readonly type: 'ended' };

/** Reads a module; `timeLimitMs` for tests. Rejects never. */
export async function readModule(file: string, timeLimitMs: number = TIME_LIMIT_MS): Promise<Source> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { file, text: '', content: [unreadable(error)], imports: [] };
  }
  const { outcome, loaded } = await evaluate(resolve(file), timeLimitMs);
  const content = await toContent(outcome, file, text, timeLimitMs);
  return { file, text, content, imports: loaded.filter(isOfUser) };
}

async function evaluate(
  path: string,
  timeLimitMs: number,
): Promise<{ readonly outcome: Outcome; readonly loaded: readonly string[] }> {
  const loaded: string[] = [];
  const { promise, resolve: settle } = Promise.withResolvers<Outcome>();
  const worker = new Worker(THREAD_URL, { workerData: pathToFileURL(path).href, stdout: true });
  // stdout of ours belongs to what a command prints.
  worker.stdout.pipe(process.stderr, { end: false });
  worker.on('message', (message: ModuleMessage) => {
    if (message.type === 'loaded') loaded.push(fileURLToPath(message.url));
    else settle(message);
  });
  worker.on('error', (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    settle({ type: 'threw', message, stack: stack ?? '' });
  });
  worker.on('exit', () => settle({ type: 'ended' }));
  const timer = setTimeout(() => settle({ type: 'late' }), timeLimitMs);
  const outcome = await promise;
  clearTimeout(timer);
  await worker.terminate();
  return { outcome, loaded };
}

async function toContent(outcome: Outcome, file: string, text: string, limitMs: number): Promise<Source['content']> {
  const locator = new ModuleLocator(text);
  const atExport = (message: string, cure: string): readonly PlacedMistake[] => [
    { ...locator.exportPlace(), key: '', mistake: new Mistake(message, cure) },
  ];
  switch (outcome.type) {
    case 'value':
      return { value: outcome.value, unquoted: null, unresolved: [], locate: (problem) => locator.locate(problem) };
    case 'not-data':
      return outcome.problems.map((problem) => ({ ...locator.locate(problem), mistake: problem.mistake }));
    case 'threw':
      return [await locateThrow(outcome, file, text)];
    case 'no-export':
      return atExport('the module exports no config', 'Write export default defineConfig({ … }).');
    case 'late':
      return atExport(`the module was not done after ${limitMs / 1000} s`, 'A config has to be there at once.');
    case 'ended':
      return atExport(
        'the module ended without a config',
        'Take out process.exit, and any promise that never settles.',
      );
  }
}

/** Packages do not change while one works on a config. */
function isOfUser(path: string): boolean {
  return !/[\\/]node_modules[\\/]/.test(path);
}
