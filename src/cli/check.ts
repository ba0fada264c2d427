/** `fairlead check`: every mistake of a config, or what it would run. Opens nothing but a probe on 127.0.0.1. */
import { formatConfigErrors } from '../config/errors.ts';
import { loadConfig } from '../config/load.ts';
import { explainConfig } from '../runtime/explain-config.ts';
import { describeConfig } from './describe-config.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.ts';

/** Resolves to the exit code. */
export async function check({ config: file }: { readonly config: string }): Promise<number> {
  const parsed = await loadConfig(file);
  if ('errors' in parsed) {
    console.error(formatConfigErrors(parsed.errors));
    const count = parsed.errors.length;
    console.error(`${file}: ${count === 1 ? 'one mistake' : `${count} mistakes`}`);
    return EXIT_USAGE;
  }
  console.log(`${file} is valid.\n`);
  console.log(describeConfig(await explainConfig(parsed.config)));
  return EXIT_OK;
}
