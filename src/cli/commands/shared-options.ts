/** Options that several commands have. */
import { Argument, Option } from 'commander';
import type { Command } from 'commander';

/** Of the lines that a process prints of itself. */
export type LogFormat = 'text' | 'json';
export const LOG_FORMATS: readonly LogFormat[] = ['text', 'json'];

/** Options that say what to read, by their keys. */
const OTHER_OPTIONS: Readonly<Record<string, string>> = {
  config: '--config',
  to: '--to',
  defaults: '--defaults',
};
const OTHER_SOURCES = Object.keys(OTHER_OPTIONS);

/** No default: the config is looked for then. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'config file (default: the one of this folder)');
}

/** The same without the option's letters: `fairlead run edge.yaml`. */
export function configArgument(): Argument {
  return new Argument('[config]', 'the config file, as with -c');
}

/** The options with the file that was given as an argument. Ends the command if an option says what to read as well. */
export function withConfigFile<Options extends { readonly config?: string | undefined }>(
  file: string | undefined,
  options: Options,
  command: Command,
): Options {
  if (file === undefined) return options;
  const other = OTHER_SOURCES.find((name) => command.getOptionValueSource(name) === 'cli');
  if (other !== undefined) command.error(`error: ${file} and ${OTHER_OPTIONS[other]} exclude each other`);
  return { ...options, config: file };
}

/** For commands that print a table. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON, for scripts');
}
