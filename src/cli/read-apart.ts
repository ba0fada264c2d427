/**
 * Reads command lines and configs in a process that ends. A thread would leave in this one 8 MiB that V8 and the allocator
 * took for it, and the compilers of V8, which commander, zod and yaml are large enough to wake.
 */
import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { enableLinearRegex } from '../config/linear-regex.ts';
import type { ConfigArguments, ConfigSource, ReadConfig } from './config-source.ts';
import type { ReadingOrder, ServingOrder } from './reading-messages.ts';

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const PROCESS_URL = new URL(`./reading-process.${EXTENSION}`, import.meta.url);
const THREAD_URL = new URL(`./reading-thread.${EXTENSION}`, import.meta.url);
/** A file that only this process has, as a shell's `<(…)`. */
const OWN_DESCRIPTOR = /^(?:--?c(?:onfig)?=?)?\/(?:dev|proc\/self)\/fd\//;
/** For what is read once, collecting garbage is cheaper than room for it. */
const YOUNG_MIB = 2;

/**
 * What `fairlead run …` or `fairlead dev …` is to serve; null if there is nothing to serve, which has yet to be
 * explained.
 */
export function readServingOrder(args: readonly string[]): Promise<ServingOrder | null> {
  return ask({ type: 'command', args }) as Promise<ServingOrder | null>;
}

/** The config of a serving order: at first as it was read, then read again each time. */
export function sourceOf({ file, parsed, options }: ServingOrder): ConfigSource {
  const { config, to, listen } = options;
  const from: ConfigArguments = { config: file ?? config, ...(to && { to }), ...(listen !== undefined && { listen }) };
  let first: ReadConfig | null = parsed;
  return {
    file,
    read: async () => {
      const read = first ?? ((await ask({ type: 'config', from })) as ReadConfig);
      first = null;
      return read;
    },
  };
}

/** A thread reads where no process can be started (limits, a Node that was replaced on disk), or it ends too soon. */
function ask(order: ReadingOrder): Promise<unknown> {
  const named = order.type === 'command' ? order.args : [order.from.config ?? ''];
  if (named.some((name) => OWN_DESCRIPTOR.test(name))) return askThread(order);
  return askProcess(order).catch(() => askThread(order));
}

async function askProcess(order: ReadingOrder): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const reader = fork(PROCESS_URL, {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  reader.once('message', resolve);
  reader.once('error', reject);
  // Its end may be heard of before its answer; the end of its channel is not.
  reader.once('disconnect', () => reject(new Error('the process that reads the config ended')));
  reader.send(order, (error) => error !== null && reject(error));
  return promise;
}

function askThread(order: ReadingOrder): Promise<unknown> {
  // For the whole process, and before anything reads a pattern.
  enableLinearRegex();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const thread = new Worker(THREAD_URL, {
    workerData: order,
    name: 'fairlead-reading',
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  thread.on('message', resolve);
  thread.on('error', reject);
  thread.on('exit', () => reject(new Error('the thread that reads the config ended')));
  return promise.finally(() => thread.terminate());
}
