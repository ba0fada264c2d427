/** `fairlead check`: every mistake of a config, or what it would run. Opens nothing but a probe on 127.0.0.1. */
import { explainConfig } from '../runtime/control/explain-config.ts';
import { missingConfig, openConfigSource, sayConfigErrors } from './config-source.ts';
import { describeConfig, toJsonDescription } from './describe-config.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.ts';
import { readMachine } from './machine.ts';

export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** Resolves to the exit code. */
export async function check({ config, json = false }: CheckOptions): Promise<number> {
  const source = await openConfigSource({ config });
  if (source === null) {
    if (json) printJson({ valid: false, file: null, errors: [missingConfig()] });
    return EXIT_USAGE;
  }
  const { file } = source;
  const parsed = await source.read();
  if ('errors' in parsed) {
    const { errors } = parsed;
    if (json) printJson({ valid: false, file, errors });
    else {
      sayConfigErrors(errors);
      console.error(`${file}: ${errors.length === 1 ? 'one mistake' : `${errors.length} mistakes`}`);
    }
    return EXIT_USAGE;
  }
  const explained = await explainConfig(parsed.config);
  const machine = readMachine(parsed.config);
  if (json) printJson({ valid: true, file, ...toJsonDescription(explained, machine) });
  else console.log(`${file} is valid.\n\n${describeConfig(explained, machine)}`);
  return EXIT_OK;
}

function printJson(value: object): void {
  console.log(JSON.stringify(value, null, 2));
}
