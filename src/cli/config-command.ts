/** `fairlead config`: the config as it takes effect, or every key. */
import { stringify } from 'yaml';
import { describeConfigDefaults } from '../config/describe-defaults.ts';
import { readConfigOnce } from './config-source.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.ts';
import { writeConfig } from './write-config.ts';

export interface ConfigOptions {
  readonly config?: string;
  /** Every key with its default, instead of a config. */
  readonly defaults?: boolean;
  readonly json?: boolean;
}

/** Resolves to the exit code. */
export async function printConfig({ config: file, defaults = false, json = false }: ConfigOptions): Promise<number> {
  if (defaults) {
    console.log(describeConfigDefaults().trimEnd());
    return EXIT_OK;
  }
  const read = await readConfigOnce({ config: file });
  if (read === null) return EXIT_USAGE;
  const written = writeConfig(read.config);
  const yaml = (): string => `# ${read.file}, as it takes effect\n${stringify(written, { lineWidth: 120 })}`.trimEnd();
  console.log(json ? JSON.stringify(written, null, 2) : yaml());
  return EXIT_OK;
}
