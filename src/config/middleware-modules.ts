/**
 * The modules of the middleware that a config names, tried out before anything changes: each is imported in a thread of
 * its own, and made with the options it is to get.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MiddlewareSpec } from '../core/middleware/spec.ts';
import type { Config } from './config.ts';
import type { PlacedMistake } from './document.ts';
import { type ConfigError, Mistake } from './errors.ts';
import { excerptOf } from './excerpt.ts';
import { MiddlewareError } from './middleware-error.ts';
import { ModuleLocator } from './module-locator.ts';
import type { MiddlewareMessage, MiddlewareTrial } from './module-messages.ts';
import { locateThrow } from './module-throw.ts';
import { type ModuleOutcome, runModule } from './run-module.ts';
import { codeOrText } from '../machine/error-code.ts';

const TIME_LIMIT_MS = 10_000;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const THREAD_URL = new URL(`./middleware-thread.${EXTENSION}`, import.meta.url);
const ENTRY_URL = new URL(`../core/middleware/define.${EXTENSION}`, import.meta.url);

/** What is known of a module that can be used. */
export interface TriedModule {
  /** The name of the middleware that it makes of the options. */
  readonly nameOf: (spec: Pick<MiddlewareSpec, 'options'>) => string;
  /** Tells its code from every other. */
  readonly code: string;
  /** Its own files, itself among them. */
  readonly files: readonly string[];
}

interface NamedModule {
  readonly path: string;
  /** `routes.api.middleware[0]`, of each that names it. */
  readonly keys: string[];
  readonly options: MiddlewareSpec['options'][];
}

/** By the path as the config has it. Rejects with a {@link MiddlewareError}; `timeLimitMs` for tests. */
export async function tryMiddleware(
  routes: Config['routes'],
  timeLimitMs: number = TIME_LIMIT_MS,
): Promise<ReadonlyMap<string, TriedModule>> {
  const tried = new Map<string, TriedModule>();
  const errors: ConfigError[] = [];
  await Promise.all(
    modulesOf(routes).map(async (named) => {
      const found = await tryModule(named, timeLimitMs);
      if ('message' in found) errors.push(found);
      else tried.set(named.path, found);
    }),
  );
  if (errors.length > 0) throw new MiddlewareError(errors.toSorted((a, b) => a.key.localeCompare(b.key)));
  return tried;
}

/** A route of several hosts is several routes with the same middleware. */
function modulesOf(routes: Config['routes']): readonly NamedModule[] {
  const modules = new Map<string, NamedModule>();
  for (const { id, middleware = [] } of routes) {
    for (const [index, { module, options }] of middleware.entries()) {
      const named = modules.get(module) ?? { path: module, keys: [], options: [] };
      modules.set(module, named);
      named.keys.push(`routes.${id}.middleware[${index}]`);
      named.options.push(options);
    }
  }
  return [...modules.values()];
}

type Outcome = ModuleOutcome<Exclude<MiddlewareMessage, { type: 'loaded' }>>;

async function tryModule(named: NamedModule, timeLimitMs: number): Promise<TriedModule | ConfigError> {
  const path = resolve(named.path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return unreadable(named, error);
  }
  const data: MiddlewareTrial = { url: pathToFileURL(path).href, options: named.options, fairlead: ENTRY_URL.href };
  const { outcome, loaded } = await runModule<Exclude<Outcome, { type: 'late' | 'ended' }>>(
    THREAD_URL,
    data,
    timeLimitMs,
  );
  if (outcome.type === 'taken') {
    const files = [...new Set([path, ...loaded])];
    const names = new Map(named.options.map((options, index) => [JSON.stringify(options), outcome.names[index]]));
    return { files, code: await codeOf(files), nameOf: ({ options }) => names.get(JSON.stringify(options)) ?? '' };
  }
  const mistake = await describeOutcome(outcome, path, text, timeLimitMs);
  const key = named.keys['index' in outcome ? outcome.index : 0];
  const { file = path, text: shown = text } = mistake.elsewhere ?? {};
  const line = shown.split(/\r\n|\n/)[mistake.line - 1];
  const excerpt = mistake.line === 0 || line === undefined ? null : excerptOf(line, mistake.column, mistake.length);
  const { message, cure } = mistake.mistake;
  return { file: nameOf(file), line: mistake.line, column: mistake.column, key, message, cure, excerpt };
}

async function describeOutcome(
  outcome: Exclude<Outcome, { type: 'taken' }>,
  path: string,
  text: string,
  limitMs: number,
): Promise<PlacedMistake> {
  const atExport = (message: string, cure: string): PlacedMistake => {
    return { ...new ModuleLocator(text).exportPlace(), key: '', mistake: new Mistake(message, cure) };
  };
  switch (outcome.type) {
    case 'refused':
      return atExport(outcome.message, outcome.cure);
    case 'threw':
      return locateThrow(outcome, path, text);
    case 'options-refused': {
      const place = await locateThrow(outcome, path, text);
      const words = outcome.message.split('\n', 1)[0].replace(/[.\s]+$/, '');
      return { ...place, mistake: new Mistake(`the middleware refuses its options: ${words}`, 'Mend the options.') };
    }
    case 'late':
      return atExport(`the module was not done after ${limitMs / 1000} s`, 'It has to be there at once.');
    case 'ended':
      return atExport('the module ended its thread', 'Take out process.exit, and any promise that never settles.');
  }
}

function unreadable({ path, keys }: NamedModule, error: unknown): ConfigError {
  const code = codeOrText(error);
  const message = code === 'ENOENT' ? 'there is no such module' : `the module cannot be read (${code})`;
  const cure = 'Check the path; it is relative to the file that it is written in.';
  return { file: nameOf(path), line: 0, column: 0, key: keys[0], message, cure, excerpt: null };
}

async function codeOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(`${file}\0`).update(await readFile(file).catch(() => ''));
  return hash.digest('hex').slice(0, 16);
}

/** As short as a person would write it. */
function nameOf(path: string): string {
  const near = relative('', path);
  return near.startsWith('..') ? path : near;
}
