/** A config that is a TypeScript or JavaScript module: evaluated in a thread of its own, within a time limit. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlacedMistake } from './document.ts';
import { Mistake } from './errors.ts';
import { ModuleLocator } from './module-locator.ts';
import type { ModuleMessage } from './module-messages.ts';
import { locateThrow } from './module-throw.ts';
import { runModule } from './run-module.ts';
import type { ModuleOutcome } from './run-module.ts';
import { unreadable } from './source.ts';
import type { Source } from './source.ts';

const TIME_LIMIT_MS = 10_000;
const THREAD_URL = new URL(`./module-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

export function isModuleName(file: string): boolean {
  return /\.[cm]?[jt]s$/i.test(file);
}

type Outcome = ModuleOutcome<Exclude<ModuleMessage, { type: 'loaded' }>>;

/** Reads a module; `timeLimitMs` for tests. Rejects never. */
export async function readModule(file: string, timeLimitMs: number = TIME_LIMIT_MS): Promise<Source> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { file, text: '', content: [unreadable(error)], imports: [] };
  }
  const url = pathToFileURL(resolve(file)).href;
  const { outcome, loaded } = await runModule<Exclude<ModuleMessage, { type: 'loaded' }>>(THREAD_URL, url, timeLimitMs);
  const content = await toContent(outcome, file, text, timeLimitMs);
  return { file, text, content, imports: loaded };
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
