/** A config from a file, a text or the command line: the config, or every mistake in it at once. */
import { resolve } from 'node:path';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { DEFAULT_LISTENER } from './config-schema.ts';
import type { PlacedMistake } from './document.ts';
import type { Environment } from './environment.ts';
import { type ConfigError, type Mistake, type Problem, formatKey } from './errors.ts';
import { excerptOf } from './excerpt.ts';
import { refuseForeignFile } from './foreign-files.ts';
import { type Included, type Piece, type SourceMistake, readIncluding } from './include.ts';
import { type Merged, mergePieces } from './merge-pieces.ts';
import { isModuleName } from './module-config.ts';
import { findBadFiles, resolveFiles } from './named-files.ts';
import { readSource, readText } from './read-source.ts';
import { type Source, isDocument } from './source.ts';
import { type ConfigPlace, type TlsPlaces, findTlsPlaces } from './tls-places.ts';
import { isWrittenMap } from './written.ts';

/**
 * The config, or every mistake that is in it; tell them apart by `'errors' in parsed`. `places` has where it names
 * certificates and keys: whether these can be used is only known when they are read, for a `CertificateError`.
 */
export type ParsedConfig =
  { readonly config: Config; readonly places: TlsPlaces } | { readonly errors: readonly ConfigError[] };

/** The same of a file; `files` are the absolute paths of all files and folders it was read from, also with mistakes. */
export type LoadedConfig = ParsedConfig & { readonly files: readonly string[] };

/** What a config takes from its surroundings. */
export interface LoadOptions {
  /** What `${NAME}` is looked up in. Default: `process.env`. */
  readonly env?: Environment;
}

/**
 * Reads a file and all that it includes. A name that ends in `.json` is read as JSON, one in `.ts`, `.mts`, `.js` or
 * `.mjs` is a module that exports the config and is evaluated anew each time, in a thread of its own and for at most
 * 10 s; any other is YAML. Rejects never.
 */
export async function loadConfig(path: string, { env = process.env }: LoadOptions = {}): Promise<LoadedConfig> {
  const source = await readSource(path, env);
  const { pieces: written, mistakes, unresolved, files } = await readIncluding(source, env);
  const pieces = written.map(resolveFiles);
  const parsed = parseIncluded({ pieces, mistakes, unresolved }, await findBadFiles(pieces));
  return { ...orForeign(parsed, source), files: [...new Set(files)] };
}

/** Parses a text. `fileName` stands in the errors, and tells JSON from YAML. A text includes no files. */
export function parseConfig(text: string, fileName: string, { env = process.env }: LoadOptions = {}): ParsedConfig {
  const source = readText(fileName, text, env);
  const { content } = source;
  const of = (mistakes: readonly PlacedMistake[]): readonly SourceMistake[] =>
    mistakes.map((mistake) => ({ source, mistake }));
  const files = [resolve(fileName)];
  const included = isDocument(content)
    ? { pieces: [{ source, document: content }], mistakes: [], unresolved: of(content.unresolved), files }
    : { pieces: [], mistakes: of(content), unresolved: [], files };
  return orForeign(parseIncluded(included), source);
}

/** The config of `fairlead run --to localhost:8081 --to localhost:8082`: one pool behind one listener, defaults for the rest. */
export function fromArguments(to: readonly string[], listen: string = DEFAULT_LISTENER.address): ParsedConfig {
  const built = buildConfig({ listeners: { [DEFAULT_LISTENER.name]: listen }, pools: { web: to } });
  if (isConfig(built)) return { config: built, places: new Map() };
  const errors = built.map(({ path, mistake: { message, cure } }): ConfigError => {
    const key =
      path[0] === 'listeners'
        ? `--listen ${listen}`
        : typeof path[3] === 'number'
          ? `--to ${to[path[3]]}`
          : formatKey(['--to']);
    return { file: 'command line', line: 0, column: 0, key, message, cure, excerpt: null };
  });
  return { errors };
}

/** `badFiles`: what is wrong with files that keys of it name. */
function parseIncluded(
  { pieces, mistakes, unresolved }: Omit<Included, 'files'>,
  badFiles: readonly SourceMistake[] = [],
): ParsedConfig {
  // What follows from a missing variable is not a mistake of its own.
  const refuse = (found: readonly SourceMistake[]): ParsedConfig => {
    const others = [...found, ...badFiles].filter((one) => !unresolved.some((other) => isSamePlace(one, other)));
    return { errors: toErrors([...unresolved, ...others]) };
  };
  // Nothing is known of a part that could not be read, so references to it must not be reported as mistakes.
  if (mistakes.length > 0) return refuse(mistakes);
  const merged = mergePieces(pieces, 'value');
  if (merged.mistakes.length > 0) return refuse(merged.mistakes);
  const built = buildUnquoted(pieces, buildConfig(merged.value));
  if (!isConfig(built)) return refuse(built.map((problem) => place(problem, merged)));
  return unresolved.length + badFiles.length > 0 ? refuse([]) : { config: built, places: placesIn(built, merged) };
}

function placesIn(config: Config, merged: Merged): TlsPlaces {
  const lines = new Map<Source, readonly string[]>();
  return findTlsPlaces(config, merged.value, (problem) => {
    const { source, mistake } = place(problem, merged);
    const own = lines.get(source) ?? splitLines(source.text);
    lines.set(source, own);
    return toPlace(source, mistake, own);
  });
}

/** Where the whole file is the config of another program, that is the mistake. */
function orForeign(parsed: ParsedConfig, source: Source): ParsedConfig {
  if (!('errors' in parsed) || isModuleName(source.file)) return parsed;
  const isMap = isDocument(source.content) && isWrittenMap(source.content.value);
  const mistake = refuseForeignFile(source.text, source.file, isMap);
  if (mistake === null) return parsed;
  return { errors: [toError(source, { line: 1, column: 1, length: 1, key: '', mistake }, splitLines(source.text))] };
}

function isSamePlace(one: SourceMistake, other: SourceMistake): boolean {
  const [a, b] = [one.mistake, other.mistake];
  return one.source === other.source && a.line === b.line && a.column === b.column;
}

/** Where text in quotes was refused, what a variable holds may still be the number that is wanted. */
function buildUnquoted(pieces: readonly Piece[], built: Config | readonly Problem[]): Config | readonly Problem[] {
  if (isConfig(built) || pieces.every(({ document }) => document.unquoted === null)) return built;
  const unquoted = buildConfig(mergePieces(pieces, 'unquoted').value);
  return isConfig(unquoted) || unquoted.length < built.length ? unquoted : built;
}

function place(problem: Problem, merged: Merged): SourceMistake {
  const { piece, place: found } = merged.locate(problem);
  return { source: piece.source, mistake: { ...found, mistake: problem.mistake } };
}

/** Sorted by place within each file, the files in the order in which they are first named. */
function toErrors(mistakes: readonly SourceMistake[]): readonly ConfigError[] {
  const files = [...new Set(mistakes.map(({ source }) => source))];
  const lines = new Map(files.map((source) => [source, splitLines(source.text)]));
  return mistakes
    .toSorted(
      (a, b) =>
        files.indexOf(a.source) - files.indexOf(b.source) ||
        a.mistake.line - b.mistake.line ||
        a.mistake.column - b.mistake.column,
    )
    .map(({ source, mistake }) => toError(source, mistake, lines.get(source) ?? []));
}

function toError(source: Source, placed: PlacedMistake, ownLines: readonly string[]): ConfigError {
  const { message, cure }: Mistake = placed.mistake;
  const { excerpt, ...where } = toPlace(source, placed, ownLines);
  return { ...where, message, cure, excerpt };
}

function toPlace(source: Source, placed: PlacedMistake, ownLines: readonly string[]): ConfigPlace {
  const { line, column, length, key, elsewhere } = placed;
  const lines = elsewhere === undefined ? ownLines : splitLines(elsewhere.text);
  const text = lines[line - 1];
  const excerpt = line === 0 || text === undefined ? null : excerptOf(text, column, length);
  return { file: elsewhere?.file ?? source.file, line, column, key, excerpt };
}

function splitLines(text: string): readonly string[] {
  return text.replace(/^\ufeff/, '').split(/\r\n|\n/);
}

function isConfig(built: Config | readonly Problem[]): built is Config {
  return !Array.isArray(built);
}
