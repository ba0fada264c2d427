/** Parses a command line and runs its command. */
import { CommanderError } from 'commander';
import type { Actions } from './actions.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.ts';
import { createProgram } from './program.ts';

/** Resolves to the exit code. A command's code is loaded when it is called. */
export async function runCommand(args: readonly string[]): Promise<number> {
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
    status: action(async () => (await import('./operator/commands.ts')).showStatus),
    pools: action(async () => (await import('./operator/commands.ts')).showPools),
    bans: action(async () => (await import('./operator/ban-commands.ts')).showBans),
    ban: action(async () => (await import('./operator/ban-commands.ts')).banClient),
    unban: action(async () => (await import('./operator/ban-commands.ts')).unbanClient),
    endpoint: action(async () => (await import('./operator/commands.ts')).changeEndpoint),
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
