/** The command line's entry, called by bin/fairlead.js. The only module that ends the process. */
import { CommanderError } from 'commander';
import { EXIT_INTERNAL, EXIT_OK, EXIT_USAGE } from './exit-codes.ts';
import { createProgram } from './program.ts';

/** Runs a command to its end, and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('uncaughtException', (error) => {
    console.error('fairlead: a bug of ours:', error);
    process.exit(EXIT_INTERNAL);
  });
  process.exit(await runCommand(args));
}

/** A command's code is loaded when it is called: a balancer has no use for the mock server's. */
async function runCommand(args: readonly string[]): Promise<number> {
  let code = EXIT_OK;
  const program = createProgram({
    run: async (options) => {
      const { run } = await import('./run.ts');
      code = await run(options);
    },
    check: async (options) => {
      const { check } = await import('./check.ts');
      code = await check(options);
    },
    backend: async (options) => {
      const { runBackend } = await import('./backend-command.ts');
      code = await runBackend(options);
    },
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
}
