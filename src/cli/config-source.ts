/** Where a command takes its config from: the file that was named, the one of this folder, or the command line. */
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { ConfigError } from '../config/errors.ts';
import { CONFIG_NAMES, findConfig } from '../config/find-config.ts';
import { fromArguments, loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { listWarnings } from './config-warnings.ts';
import { sayConfigErrors } from './say-config-errors.ts';
import { typedCommand } from '../config/typed-command.ts';

export interface ConfigArguments {
  /** Default: the config of this folder. */
  readonly config?: string | undefined;
  /** Servers to balance over, instead of a config. */
  readonly to?: readonly string[];
  /** Only with `to`. */
  readonly listen?: string;
}

/** A config or its mistakes, what it is warned of, and what to watch for changes of it. */
export type ReadConfig = LoadedConfig & { readonly warnings: readonly string[] };

/** A config that can be read again. */
export interface ConfigSource {
  /** The file as the user named it; null for the command line. */
  readonly file: string | null;
  read(): Promise<ReadConfig>;
}

/** Null if there is no file to read, which has been said on stderr. */
export async function openConfigSource(from: ConfigArguments): Promise<ConfigSource | null> {
  const found = await findConfigFile(from);
  if (found !== null) return createConfigSource(found);
  const { message, cure } = missingConfig();
  console.error(`fairlead: ${message}.\n${cure}`);
  return null;
}

/** The same with the file found; null if there is none. */
export async function findConfigFile(from: ConfigArguments): Promise<ConfigArguments | null> {
  if (from.to !== undefined) return from;
  const config = from.config ?? (await findConfig(process.cwd()));
  return config === null ? null : { config };
}

export function createConfigSource({ config, to, listen }: ConfigArguments): ConfigSource {
  if (config === undefined)
    return { file: null, read: () => Promise.resolve(withWarnings({ files: [], ...fromArguments(to ?? [], listen) })) };
  return { file: config, read: async () => withWarnings(await loadConfig(config)) };
}

/** They are found where the config is read, so that no process that serves loads what looks for them. */
function withWarnings(loaded: LoadedConfig): ReadConfig {
  return { ...loaded, warnings: 'errors' in loaded ? [] : listWarnings(loaded.config) };
}

/** The mistake if {@link openConfigSource} finds no file. */
export function missingConfig(): ConfigError {
  const message = `no config in ${resolve()}: there is no ${CONFIG_NAMES.join(', ')}`;
  const cure = `Name one with -c, write one with "${typedCommand()} init", or start without one by --to.`;
  return { file: '', line: 0, column: 0, key: '', message, cure, excerpt: null };
}

/** Reads once, for commands that only look. Null if the config has mistakes or there is none, which has been said. */
export async function readConfigOnce(options: ConfigArguments): Promise<{ file: string; config: Config } | null> {
  const source = await openConfigSource(options);
  if (source === null) return null;
  const parsed = await source.read();
  if (!('errors' in parsed)) return { file: source.file ?? '', config: parsed.config };
  sayConfigErrors(parsed.errors);
  return null;
}
