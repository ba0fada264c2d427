/** `fairlead run` and `fairlead dev` on the command line. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { CONFIG_NAMES } from '../../config/find-config.ts';
import type { Actions } from '../actions.ts';
import { countOption } from '../option-parsers.ts';
import type { DevOptions } from '../dev.ts';
import type { RunOptions } from '../run.ts';
import { configArgument, configOption, LOG_FORMATS, withConfigFile } from './shared-options.ts';

const MOST_THREADS = 1024;

const RUN_HELP = `
Without -c it looks here for ${CONFIG_NAMES.join(', ')}.
SIGTERM and SIGINT drain, a second one ends at once. SIGHUP loads the config again; one with
mistakes changes nothing. SIGUSR1 opens the log files again.

Examples:
  fairlead run                                              the config of this folder
  fairlead run edge.yaml                                    another one, as with -c
  fairlead run --to localhost:3001 --to localhost:3002      no config: two servers, 127.0.0.1:8080

Exit codes: 0 drained and ended, 2 mistakes in the command line or the config, 69 it cannot listen,
70 internal error, 128 + n cut by a second signal.`;

const DEV_HELP = `
Like run, with one thread, and the config loaded again when its files change. One with mistakes is
shown, and the last good one stays. SIGHUP ends it, as does closing the terminal. Certificates that
acme is to get are not asked for: names that have none get a self-signed one.

Examples:
  fairlead dev                                              the config of this folder, watched
  fairlead dev -c edge.yaml --no-watch                      one thread, nothing watched

Exit codes: 0 drained and ended, 2 mistakes in the command line or the config, 69 it cannot listen,
70 internal error, 128 + n cut by a second signal.`;

export function addRun(program: Command, actions: Actions): void {
  program
    .command('run')
    .description('balance until a signal ends it')
    .addArgument(configArgument())
    .addOption(configOption().conflicts(['to', 'listen']))
    .addOption(threadsOption())
    .option('--watch', 'load the config again when its files change')
    .addOption(new Option('--log-format <format>', 'of its own lines').choices(LOG_FORMATS).default('text'))
    .option('--to <address...>', 'balance over these servers, without a config')
    .option('--listen <address>', 'with --to: where to listen (default: 127.0.0.1:8080)')
    .addHelpText('after', RUN_HELP)
    .action(async (file: string | undefined, options: RunOptions, command: Command) => {
      requireTo(options, command);
      await actions.run(withConfigFile(file, options, command));
    });
}

export function addDev(program: Command, actions: Actions): void {
  program
    .command('dev')
    .description('balance for development: one thread, reload on change')
    .addArgument(configArgument())
    .addOption(configOption().conflicts(['to', 'listen']))
    .addOption(threadsOption().default(1))
    .option('--no-watch', 'leave changes of the config alone')
    .addOption(new Option('--watch', 'load the config again when its files change').default(true))
    .option('--acme', 'ask the authority for certificates, as run does')
    .option('--to <address...>', 'balance over these servers, without a config')
    .option('--listen <address>', 'with --to: where to listen (default: 127.0.0.1:8080)')
    .addHelpText('after', DEV_HELP)
    .action(async (file: string | undefined, options: DevOptions, command: Command) => {
      requireTo(options, command);
      await actions.dev(withConfigFile(file, options, command));
    });
}

function threadsOption(): Option {
  const words = "data-plane threads, instead of the config's";
  return new Option('--threads <n>', words).argParser(countOption(0, MOST_THREADS));
}

function requireTo({ to, listen }: Pick<RunOptions, 'to' | 'listen'>, command: Command): void {
  if (listen !== undefined && to === undefined) command.error('error: --listen needs --to');
}
