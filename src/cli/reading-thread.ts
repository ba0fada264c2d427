/**
 * The thread that reads command lines and configs. The code for that (commander, zod, yaml) is gone from memory when it
 * ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createConfigSource, findConfigFile } from './config-source.ts';
import { createProgram } from './program.ts';
import type { ReadingOrder, ServedCommand, ServingOrder } from './reading-messages.ts';

/**
 * Null if nothing is to be served: mistakes, help, no config. The main thread, which has the terminal, then says why.
 */
async function readCommand(args: readonly string[]): Promise<ServingOrder | null> {
  const served = await parse(args);
  if (served === null) return null;
  const from = await findConfigFile(served.options);
  if (from === null) return null;
  const source = createConfigSource(from);
  return { ...served, file: source.file, parsed: await source.read() };
}

async function parse(args: readonly string[]): Promise<ServedCommand | null> {
  let served: ServedCommand | null = null;
  const serve = (command: ServedCommand): Promise<void> => {
    served = command;
    return Promise.resolve();
  };
  const none = (): Promise<void> => Promise.resolve();
  const others = { check: none, config: none, schema: none, init: none, load: none, backend: none, completion: none };
  const program = createProgram(
    {
      ...others,
      run: (options) => serve({ command: 'run', options }),
      dev: (options) => serve({ command: 'dev', options }),
    },
    { writeOut: () => {}, writeErr: () => {} },
  );
  try {
    await program.parseAsync(args, { from: 'user' });
    return served;
  } catch {
    return null;
  }
}

function carryOut(order: ReadingOrder): Promise<unknown> {
  return order.type === 'command' ? readCommand(order.args) : createConfigSource(order.from).read();
}

parentPort?.postMessage(await carryOut(workerData as ReadingOrder));
