/** `fairlead init`: a first config, made by `src/init/`. */
import { init } from '../init/init.ts';
import type { InitOptions } from '../init/init.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.ts';

export type { InitOptions };

/** Resolves to the exit code. */
export async function runInit(options: InitOptions): Promise<number> {
  return (await init(options)) ? EXIT_OK : EXIT_USAGE;
}
