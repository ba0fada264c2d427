/** `fairlead dev`: balance while somebody works on the config and the servers behind it. */
import type { Config } from '../config/config.ts';
import { openConfigSource } from './config-source.ts';
import type { ConfigArguments } from './config-source.ts';
import { EXIT_USAGE } from './exit-codes.ts';
import { serve } from './serve.ts';

export interface DevOptions extends ConfigArguments {
  /** Default: 1. */
  readonly threads: number;
  readonly watch: boolean;
}

/** Resolves to the exit code once everything has ended. */
export async function dev(options: DevOptions): Promise<number> {
  const source = await openConfigSource(options);
  if (source === null) return EXIT_USAGE;
  const { threads, watch } = options;
  const adapt = (config: Config): Config => ({ ...config, threads });
  return serve({ source, adapt, watch, reloadOnHangUp: false, logFormat: 'text' });
}
