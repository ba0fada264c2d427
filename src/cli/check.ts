/** `fairlead check`: every mistake of a config, or what it would run. Opens nothing but a probe on 127.0.0.1. */
import { advisePolicies } from './advise-policies.ts';
import { advisePools } from './advise-pools.ts';
import type { Config } from '../config/config.ts';
import type { ConfigError } from '../config/errors.ts';
import { explainConfig } from '../runtime/control/explain-config.ts';
import { missingConfig, openConfigSource } from './config-source.ts';
import { askPath, describePath, toJsonPath } from './describe-path.ts';
import { describeConfig, toJsonDescription } from './describe-config.ts';
import { middlewareMistakes } from '../config/middleware-error.ts';
import { tryMiddleware } from '../config/middleware-modules.ts';
import { describeShortage } from './descriptor-shortage.ts';
import { inspectCertificates } from './inspect-certificates.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-codes.ts';
import { readMachine } from './machine.ts';
import { placeMistakes } from './place-mistakes.ts';
import { sayConfigErrors } from './say-config-errors.ts';

export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** A path or URL to explain: its forms and its route. */
  readonly path?: string;
}

/** Resolves to the exit code. */
export async function check({ config, json = false, path }: CheckOptions): Promise<number> {
  const source = await openConfigSource({ config });
  if (source === null) {
    if (json) printJson({ valid: false, file: null, errors: [missingConfig()] });
    return EXIT_USAGE;
  }
  const { file } = source;
  const parsed = await source.read();
  if ('errors' in parsed) return sayMistakes(file, parsed.errors, json);
  const { certificates, clients, mistakes, warnings: ofFiles } = await inspectCertificates(parsed.config);
  if (mistakes.length > 0)
    return sayMistakes(file, placeMistakes(mistakes, parsed.places, file ?? 'command line'), json);
  const ofModules = await findBadModules(parsed.config);
  if (ofModules.length > 0) return sayMistakes(file, ofModules, json);
  const explained = await explainConfig(parsed.config);
  const machine = readMachine(parsed.config);
  const asked = path === undefined ? null : askPath(parsed.config, path);
  const warnings = [...parsed.warnings, ...ofFiles, ...advisePolicies(parsed.config), ...advisePools(parsed.config)];
  if (json) {
    const ofPath = asked === null ? {} : { path: toJsonPath(asked) };
    printJson({
      valid: true,
      file,
      ...toJsonDescription(explained, machine, certificates, clients),
      ...ofPath,
      warnings,
    });
  } else {
    const ofPath = asked === null ? '' : `\n\n${describePath(asked)}`;
    const shortage = describeShortage(parsed.config);
    if (shortage !== null) console.error(`fairlead: ${shortage}`);
    for (const warning of warnings) console.error(`fairlead: ${warning}`);
    console.log(`${file} is valid.\n\n${describeConfig(explained, machine, certificates, clients)}${ofPath}`);
  }
  return EXIT_OK;
}

/** Every module of a middleware is imported, as at the start. */
async function findBadModules({ routes }: Config): Promise<readonly ConfigError[]> {
  try {
    await tryMiddleware(routes);
    return [];
  } catch (error) {
    const mistakes = middlewareMistakes(error);
    if (mistakes === null) throw error;
    return mistakes;
  }
}

function sayMistakes(file: string | null, errors: readonly ConfigError[], json: boolean): number {
  if (json) printJson({ valid: false, file, errors });
  else {
    sayConfigErrors(errors);
    console.error(`${file}: ${errors.length === 1 ? 'one mistake' : `${errors.length} mistakes`}`);
  }
  return EXIT_USAGE;
}

function printJson(value: object): void {
  console.log(JSON.stringify(value, null, 2));
}
