/** What a program hands over as a config, whichever of its two forms it has, as the config that the runtime takes. */
import { buildConfig } from './build.ts';
import type { ConfigInput } from './config-input.ts';
import type { Config } from './config.ts';
import { type ConfigError, type Problem, formatConfigErrors, formatKey } from './errors.ts';
import { isComplete } from './is-complete.ts';

/**
 * A config with mistakes. `message` tells each of them and its cure; `errors` holds them for programs.
 *
 * @example
 * try {
 *   createBalancer(JSON.parse(text));
 * } catch (error) {
 *   if (!(error instanceof ConfigInvalid)) throw error;
 *   for (const { key, message, cure } of error.errors) console.error(`${key}: ${message}. ${cure}`);
 * }
 */
export class ConfigInvalid extends Error {
  readonly code = 'FL_CONFIG_INVALID';
  override readonly name = 'ConfigInvalid';
  /** Every mistake, not only the first; at least one. */
  readonly errors: readonly ConfigError[];

  constructor(errors: readonly ConfigError[]) {
    super(formatConfigErrors(errors));
    this.errors = errors;
  }
}

/**
 * Takes a config that was loaded as it is; checks one in the form that people write and fills its defaults in.
 * Throws {@link ConfigInvalid}.
 */
export function toConfig<PoolName extends string>(config: Config | ConfigInput<PoolName>): Config {
  if (isComplete(config)) return config;
  const built = buildConfig(config);
  if (isComplete(built)) return built;
  throw new ConfigInvalid(built.map(toConfigError));
}

function toConfigError({ path, mistake }: Problem): ConfigError {
  const { message, cure } = mistake;
  return { file: 'config', line: 0, column: 0, key: formatKey(path), message, cure, excerpt: null };
}
