/** The command line's entry, called by bin/fairlead.js. The only module that ends the process. */
import { CommanderError } from 'commander';
import type { Actions } from './actions.ts';
import { EXIT_INTERNAL, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { isShortage, RAISE_LIMIT } from './shortage-error.ts';

/** Runs a command to its end, and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  // Without a listener Node opens its debugger on this signal, which log rotation sends to whatever it finds.
  process.on('SIGUSR1', () => {});
  // A reload that is asked for while a balancer starts must not end it; what it is about to read is fresh.
  if (args[0] === 'run') process.on('SIGHUP', () => {});
  process.on('uncaughtException', (error) => {
    if (isShortage(error)) {
      console.error(`fairlead: ${error.message}. ${RAISE_LIMIT}`);
      process.exit(EXIT_UNAVAILABLE);
    }
    console.error('fairlead: a bug of ours:', error);
    process.exit(EXIT_INTERNAL);
  });
  // A reader that has read enough, or a full disk: a balancer goes on without its lines.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.exit(await runCommand(args));
}

/** A command's code is loaded when it is called: a balancer has no use for the mock server's. */
async function runCommand(args: readonly string[]): Promise<number> {
  let code = EXIT_OK;
  /** The action that loads a command's code, calls it and keeps its exit code. */
  const action =
    <Arguments extends unknown[]>(load: () => Promise<(...args: Arguments) => number | Promise<number>>) =>
    async (...values: Arguments): Promise<void> => {
      const command = await load();
      code = await command(...values);
    };
  const actions: Actions = {
    run: action(async () => (await import('./run.ts')).run),
    dev: action(async () => (await import('./dev.ts')).dev),
    check: action(async () => (await import('./check.ts')).check),
    config: action(async () => (await import('./config-command.ts')).printConfig),
    schema: action(async () => (await import('./schema-command.ts')).printSchema),
    init: action(async () => (await import('./init-command.ts')).runInit),
    load: action(async () => (await import('./load/run-load.ts')).runLoad),
    backend: action(async () => (await import('./backend-command.ts')).runBackend),
    completion: action(async () => (await import('./completion/completion-script.ts')).printCompletion),
  };
  try {
    await createProgram(actions).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
}
