/** Reads command lines and configs in a thread that ends, so that a balancer does not keep what only reading takes. */
import { Worker } from 'node:worker_threads';
import { enableLinearRegex } from '../config/linear-regex.ts';
import type { ConfigArguments, ConfigSource, ReadConfig } from './config-source.ts';
import type { ReadingOrder, ServingOrder } from './reading-messages.ts';

const THREAD_URL = new URL(`./reading-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
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

function ask(order: ReadingOrder): Promise<unknown> {
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
