/** The command line: names, defaults and words of every command and option. What they do is passed in. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { BackendOptions } from './backend/backend.ts';
import { durationOption, portOption, shareOption } from './option-parsers.ts';
import type { RunOptions } from './run.ts';

export interface Actions {
  run(options: RunOptions): Promise<void>;
  check(options: { readonly config: string }): Promise<void>;
  backend(options: BackendOptions): Promise<void>;
}

const CONFIG = 'fairlead.yaml';
const EXIT_CODES = `
Exit codes: 0 ended as asked, 2 mistakes in the command line or the config, 69 an address cannot be
listened on or a name has no address, 70 internal error, 78 Node too old, 128 + n cut by a second signal n.`;

/** Throws commander's own error, printed by then, for what it cannot parse. */
export function createProgram(actions: Actions): Command {
  const program = new Command('fairlead')
    .description('A load balancer and reverse proxy.')
    .version(readVersion(), '-v, --version')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .showHelpAfterError('(fairlead --help lists commands and options)');
  addRun(program, actions);
  addCheck(program, actions);
  addBackend(program, actions);
  return program;
}

function addRun(program: Command, actions: Actions): void {
  program
    .command('run')
    .description('balance; SIGTERM or SIGINT drains, a second one ends at once')
    .addOption(new Option('-c, --config <file>', 'config in YAML or JSON').default(CONFIG).conflicts(['to', 'listen']))
    .option('--to <address...>', 'balance over these servers, without a config')
    .option('--listen <address>', 'with --to: where to listen (default: 127.0.0.1:8080)')
    .action(async (options: RunOptions, command: Command) => {
      if (options.listen !== undefined && options.to === undefined) command.error('error: --listen needs --to');
      await actions.run(options);
    });
}

function addCheck(program: Command, actions: Actions): void {
  program
    .command('check')
    .description('validate a config and print what it would run, routes in the order in which they are tried')
    .option('-c, --config <file>', 'config in YAML or JSON', CONFIG)
    .action((options: { config: string }) => actions.check(options));
}

function addBackend(program: Command, actions: Actions): void {
  const option = (flags: string, words: string, variable: string): Option =>
    new Option(flags, words).env(`FAIRLEAD_BACKEND_${variable}`);
  program
    .command('backend')
    .description('run a mock server that echoes requests; docs/backend.md lists its paths and switches')
    .addOption(option('--port <port>', '0: a free one', 'PORT').argParser(portOption).default(8081))
    .addOption(option('--host <address>', 'address to listen on', 'HOST').default('127.0.0.1'))
    .addOption(option('--name <name>', 'stands in every answer', 'NAME').default('backend'))
    .addOption(
      option('--latency <time>', 'wait before every answer', 'LATENCY').argParser(durationOption).default(0, '0'),
    )
    .addOption(option('--error-rate <share>', 'share of 503, e.g. 0.1', 'ERROR_RATE').argParser(shareOption).default(0))
    .addOption(option('--text <text>', 'what / answers, instead of the echo', 'TEXT'))
    .addOption(
      option('--keep-alive <time>', 'how long an idle connection is kept; 0: not at all', 'KEEP_ALIVE')
        .argParser(durationOption)
        .default(5000, '5s'),
    )
    .action(({ latency, keepAlive, ...rest }: BackendFlags) =>
      actions.backend({ ...rest, latencyMs: latency, keepAliveMs: keepAlive }),
    );
}

interface BackendFlags extends Omit<BackendOptions, 'latencyMs' | 'keepAliveMs'> {
  readonly latency: number;
  readonly keepAlive: number;
}

/** package.json lies two folders up, from src/cli/ as from dist/cli/. */
function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
