/** `fairlead run`: balance until a signal ends it. */
import type { Config } from '../config/config.ts';
import type { LogFormat } from './commands/shared-options.ts';
import { openConfigSource } from './config-source.ts';
import type { ConfigArguments } from './config-source.ts';
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
  const source = await openConfigSource(options);
  if (source === null) return EXIT_USAGE;
  const { threads, watch = false, logFormat } = options;
  const adapt = (config: Config): Config => (threads === undefined ? config : { ...config, threads });
  return serve({ source, adapt, watch, reloadOnHangUp: true, logFormat });
}
