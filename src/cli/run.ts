/** `fairlead run`: balance until a signal ends it. */
import type { Config } from '../config/config.ts';
import type { LogFormat } from './commands/shared-options.ts';
import type { ConfigArguments, ConfigSource } from './config-source.ts';
import { EXIT_USAGE } from './exit-codes.ts';
import { serve } from './serve.ts';

export interface RunOptions extends ConfigArguments {
  /** Instead of the config's. */
  readonly threads?: number;
  readonly watch?: boolean;
  readonly logFormat: LogFormat;
}

/** Resolves to the exit code once everything has ended. */
export async function run(options: RunOptions): Promise<number> {
  const { openConfigSource } = await import('./config-source.ts');
  const source = await openConfigSource(options);
  return source === null ? EXIT_USAGE : runFrom(source, options);
}

/** The same with a config that has been found; `onServing` is called when it listens. */
export function runFrom(
  source: ConfigSource,
  { threads, watch = false, logFormat }: RunOptions,
  onServing?: () => void,
): Promise<number> {
  const adapt = (config: Config): Config => (threads === undefined ? config : { ...config, threads });
  const ofRun = { reloadOnHangUp: true, hasDoor: true, getsCertificates: true } as const;
  return serve({ source, adapt, watch, ...ofRun, warnings: warnOfRoot(process.geteuid?.()), logFormat, onServing });
}

/** What is said at the start to whoever runs it as this user; undefined: the system knows no users by number. */
export function warnOfRoot(uid: number | undefined): readonly string[] {
  if (uid !== 0) return [];
  return [
    'it runs as root, who may do everything on this machine: give it a user of its own. For ports below 1024 it needs CAP_NET_BIND_SERVICE alone (docs/operations.md)',
  ];
}
