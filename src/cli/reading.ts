/** Reads command lines and configs: what that takes (commander, zod, yaml) belongs in no process that serves. */
import { chooseEngine } from '../runtime/control/engine-choice.ts';
import { createConfigSource, findConfigFile } from './config-source.ts';
import { createProgram } from './program.ts';
import type { ReadingOrder, ServedCommand, ServingOrder } from './reading-messages.ts';

/** Resolves to the answer that the order's type names. */
export function carryOut(order: ReadingOrder): Promise<unknown> {
  return order.type === 'command' ? readCommand(order.args) : createConfigSource(order.from).read();
}

/** Null if nothing is to be served: mistakes, help, no config. The process that has the terminal then says why. */
async function readCommand(args: readonly string[]): Promise<ServingOrder | null> {
  const served = await parse(args);
  if (served === null) return null;
  const from = await findConfigFile(served.options);
  if (from === null) return null;
  const source = createConfigSource(from);
  // Here, so that what it takes is gone with this process.
  const [parsed, engine] = await Promise.all([source.read(), chooseEngine()]);
  return { ...served, file: source.file, parsed, engine };
}

async function parse(args: readonly string[]): Promise<ServedCommand | null> {
  let served: ServedCommand | null = null;
  const serve = (command: ServedCommand): Promise<void> => {
    served = command;
    return Promise.resolve();
  };
  const none = (): Promise<void> => Promise.resolve();
  const asking = { status: none, pools: none, bans: none, ban: none, unban: none, endpoint: none };
  const others = { check: none, config: none, schema: none, init: none, load: none, backend: none, completion: none };
  const program = createProgram(
    {
      ...others,
      ...asking,
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
