/** Options that several commands have. */
import { Option } from 'commander';

/** Of the lines that a process prints of itself. */
export type LogFormat = 'text' | 'json';
export const LOG_FORMATS: readonly LogFormat[] = ['text', 'json'];

/** No default: the config is looked for then. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'config file (default: the one of this folder)');
}

/** For commands that print a table. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON, for scripts');
}
