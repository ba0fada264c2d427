/** Where a new config goes, and how an editor finds its schema. */
import { access, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseConfig } from '../config/load.ts';
import { formatConfigErrors } from '../config/errors.ts';
import { configJsonSchema } from '../config/json-schema.ts';
import { typedCommand } from '../config/typed-command.ts';

export interface OutputOptions {
  /** A file; `-` is stdout. */
  readonly output: string;
  readonly force: boolean;
  readonly json: boolean;
}

const INSTALLED_SCHEMA = 'node_modules/fairlead/dist/schema.json';
/** The loader ends Node 26 without it, before we could say so. */
const IN_AN_IMAGE =
  'In a minimal Debian or Ubuntu image Node 26 does not start without libatomic: apt-get install libatomic1';
const WRITTEN_SCHEMA = 'fairlead.schema.json';

/**
 * Says on stderr why a file cannot be written. It is called before anything else is done, so that nobody waits in vain.
 */
export async function isFree({ output, force }: OutputOptions): Promise<boolean> {
  if (output === '-' || force || !(await isThere(output))) return true;
  console.error(`fairlead: ${output} is there already. Write over it with --force, or name another file with -o.`);
  return false;
}

/**
 * The first line of a config: where its schema is. The schema of the package where that is installed beside the
 * config, else a file that `writeConfigFile` writes.
 */
export async function schemaLine(output: string): Promise<string> {
  const isInstalled = await isThere(join(dirname(output), INSTALLED_SCHEMA));
  return `yaml-language-server: $schema=./${isInstalled ? INSTALLED_SCHEMA : WRITTEN_SCHEMA}`;
}

/** Writes the config, and its schema if there is none. False: it could not be written, which stderr says. */
export async function writeConfigFile(text: string, { output, force }: OutputOptions): Promise<boolean> {
  requireValid(text);
  try {
    await writeFile(output, text, { flag: force ? 'w' : 'wx' });
    const schema = join(dirname(output), WRITTEN_SCHEMA);
    const isNamed = text.startsWith(`# yaml-language-server: $schema=./${WRITTEN_SCHEMA}\n`);
    if (isNamed && !(await isThere(schema))) {
      await writeFile(schema, `${JSON.stringify(configJsonSchema(), null, 2)}\n`, { flag: 'wx' });
    }
    return true;
  } catch (error) {
    console.error(`fairlead: cannot write ${output}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** A config that `fairlead check` refuses would be a bug of ours. */
export function requireValid(text: string): void {
  const parsed = parseConfig(text, 'fairlead.yaml', { env: {} });
  if ('errors' in parsed) throw new Error(`init wrote a config with mistakes:\n${formatConfigErrors(parsed.errors)}`);
}

/** What to type next, and what a machine with fewer libraries than this one needs. */
export function nextCommands(output: string): string {
  const option = output === 'fairlead.yaml' ? '' : ` -c ${output}`;
  const commands = `Next:\n  ${typedCommand()} check${option}\n  ${typedCommand()} run${option}`;
  // Where this very Node 26 runs, the library is there.
  const isNew = Number.parseInt(process.versions.node, 10) >= 26;
  return process.platform === 'linux' && !isNew ? `${commands}\n\n${IN_AN_IMAGE}` : commands;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
