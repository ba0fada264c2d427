/** The commands that write, read and explain configs. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Actions } from '../actions.ts';
import type { CheckOptions } from '../check.ts';
import type { ConfigOptions } from '../config-command.ts';
import type { InitOptions } from '../init-command.ts';
import { pathOption } from '../option-parsers.ts';
import { configArgument, configOption, jsonOption, withConfigFile } from './shared-options.ts';

const INIT_HELP = `
Without --from it looks which local ports answer HTTP, and offers them in the config it writes.

Examples:
  fairlead init                                             from what listens here
  fairlead init --from /etc/nginx/nginx.conf -o -           convert, print to stdout

Exit codes: 0 written, 2 the file exists, or --from cannot be read or converted.`;

const CHECK_HELP = `
Examples:
  fairlead check                                            the config of this folder
  fairlead check -c edge.yaml --json | jq '.errors'         for scripts and editors
  fairlead check --path /admin%2Fx                          who takes it, and which guard is met

Exit codes: 0 valid, 2 mistakes.`;

const CONFIG_HELP = `
Examples:
  fairlead config                                           with every default filled in, as YAML
  fairlead config --defaults                                every key with its default and meaning

Exit codes: 0 printed, 2 mistakes in the config.`;

const SCHEMA_HELP = `
Examples:
  fairlead schema > fairlead.schema.json                    for editors; first line of the config:
                                                            # yaml-language-server: $schema=./fairlead.schema.json

Exit codes: 0 printed.`;

export function addInit(program: Command, actions: Actions): void {
  program
    .command('init')
    .description('write a config, from what runs here or from another format')
    .option('--from <file>', 'convert an nginx.conf, haproxy.cfg or proxy.conf.json')
    .option('-o, --output <file>', 'where to write it, - for stdout (default: fairlead.yaml)')
    .option('--force', 'overwrite the file')
    .addOption(jsonOption())
    .addHelpText('after', INIT_HELP)
    .action((options: InitOptions) => actions.init(options));
}

export function addCheck(program: Command, actions: Actions): void {
  program
    .command('check')
    .description('print every mistake of a config, or what it would run here')
    .addArgument(configArgument())
    .addOption(configOption())
    .option(
      '--path <path>',
      'also print what becomes of a path or URL: its forms, and the route that takes it',
      pathOption,
    )
    .addOption(jsonOption())
    .addHelpText('after', CHECK_HELP)
    .action((file: string | undefined, options: CheckOptions, command: Command) =>
      actions.check(withConfigFile(file, options, command)),
    );
}

export function addConfig(program: Command, actions: Actions): void {
  program
    .command('config')
    .description('print the config as it takes effect, defaults filled in')
    .addArgument(configArgument())
    .addOption(configOption())
    .addOption(new Option('--defaults', 'print every key with its default instead').conflicts(['config', 'json']))
    .addOption(jsonOption())
    .addHelpText('after', CONFIG_HELP)
    .action((file: string | undefined, options: ConfigOptions, command: Command) =>
      actions.config(withConfigFile(file, options, command)),
    );
}

export function addSchema(program: Command, actions: Actions): void {
  program
    .command('schema')
    .description('print the JSON Schema of the config')
    .addHelpText('after', SCHEMA_HELP)
    .action(() => actions.schema());
}
