/** A config from a file, a text or the command line: the config, or every mistake in it at once. */
import { readFile } from 'node:fs/promises';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { DEFAULT_LISTENER } from './config-schema.ts';
import { type SourceDocument, readDocument } from './document.ts';
import { type ConfigError, Mistake, type Problem, formatKey } from './errors.ts';

export type ParsedConfig = { readonly config: Config } | { readonly errors: readonly ConfigError[] };

/** Reads and parses a file. A name that ends in `.json` is read as JSON, any other as YAML. Rejects never. */
export async function loadConfig(path: string): Promise<ParsedConfig> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    return { errors: [errorAt(path, { line: 0, column: 0, key: '' }, describeUnreadable(error))] };
  }
  return parseConfig(decodeText(bytes), path);
}

/** Parses a text. `fileName` stands in the errors, and tells JSON from YAML. */
export function parseConfig(text: string, fileName: string): ParsedConfig {
  const source = readDocument(text, fileName.toLowerCase().endsWith('.json'));
  if (!isSource(source)) return { errors: source.map(({ mistake, ...place }) => errorAt(fileName, place, mistake)) };
  const built = buildConfig(source.value);
  if (isConfig(built)) return { config: built };
  const errors = built.map((problem) => errorAt(fileName, source.locate(problem), problem.mistake));
  return { errors: errors.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** The config of `fairlead run --to localhost:8081 --to localhost:8082`: one pool behind one listener, defaults for the rest. */
export function fromArguments(to: readonly string[], listen: string = DEFAULT_LISTENER.address): ParsedConfig {
  const built = buildConfig({ listeners: { [DEFAULT_LISTENER.name]: listen }, pools: { web: to } });
  if (isConfig(built)) return { config: built };
  const errors = built.map(({ path, mistake }) => {
    const key =
      path[0] === 'listeners'
        ? `--listen ${listen}`
        : typeof path[3] === 'number'
          ? `--to ${to[path[3]]}`
          : formatKey(['--to']);
    return errorAt('command line', { line: 0, column: 0, key }, mistake);
  });
  return { errors };
}

function isConfig(built: Config | readonly Problem[]): built is Config {
  return !Array.isArray(built);
}

function isSource(source: SourceDocument | readonly unknown[]): source is SourceDocument {
  return !Array.isArray(source);
}

function errorAt(
  file: string,
  place: Pick<ConfigError, 'line' | 'column' | 'key'>,
  { message, cure }: Mistake,
): ConfigError {
  return { file, line: place.line, column: place.column, key: place.key, message, cure };
}

/** Bytes that are no UTF-8 become U+FFFF, which `readDocument` refuses at its place as it does every character that is no text. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes).replace('\ufffd', '\uffff');
  }
}

function describeUnreadable(error: unknown): Mistake {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT')
    return new Mistake('there is no such file', 'Name the config with -c, or start without one by --to.');
  if (code === 'EISDIR') return new Mistake('this is a directory', 'Name the file in it.');
  if (code === 'EACCES') return new Mistake('the file may not be read', 'Check its permissions.');
  return new Mistake(`the file cannot be read (${code})`, 'Check the path.');
}
