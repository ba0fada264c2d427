/**
 * `include`: the files and folders that a config names, joined into one value. Listeners and pools are joined by
 * name, routes in the order in which the files are named; any other key may stand in one file only. A file that
 * several include is read once, where it is named first.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { PlacedMistake, SourceDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { Mistake, type Problem } from './errors.ts';
import { readSource } from './read-source.ts';
import { type Source, isDocument } from './source.ts';
import { isWrittenMap } from './written.ts';
import { codeOrText } from '../machine/error-code.ts';

const INCLUDED_NAMES = /\.(?:ya?ml|json)$/i;

/** A file of the config whose content could be read, without its `include`. */
export interface Piece {
  readonly source: Source;
  readonly document: SourceDocument;
}

/** A mistake in one of the files. */
export interface SourceMistake {
  readonly source: Source;
  readonly mistake: PlacedMistake;
}

export interface Included {
  /** The file itself first. */
  readonly pieces: readonly Piece[];
  /** Why a file, or one that it includes, was not read. */
  readonly mistakes: readonly SourceMistake[];
  /** References without a value, in the files that were read. */
  readonly unresolved: readonly SourceMistake[];
  /** Absolute paths of every file and folder whose change is a change of the config. */
  readonly files: readonly string[];
}

/** Reads a config and all that it includes, at any depth. */
export async function readIncluding(source: Source, env: Environment): Promise<Included> {
  const reader = new IncludeReader(env);
  await reader.take(source, [await realPathOf(source.file)]);
  return reader;
}

class IncludeReader implements Included {
  readonly pieces: Piece[] = [];
  readonly mistakes: SourceMistake[] = [];
  readonly unresolved: SourceMistake[] = [];
  readonly #files = new Set<string>();
  /** Real paths of what was read. */
  readonly #read = new Set<string>();
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  get files(): readonly string[] {
    return [...this.#files];
  }

  /** `way`: real paths of the files that led here, this one last. */
  async take(source: Source, way: readonly string[]): Promise<void> {
    for (const path of [resolve(source.file), ...source.imports]) this.#files.add(path);
    this.#read.add(way[way.length - 1]);
    const { content } = source;
    if (!isDocument(content)) {
      this.mistakes.push(...content.map((mistake) => ({ source, mistake })));
      return;
    }
    const isFirst = way.length === 1;
    const isEmpty = content.value === null || content.value === undefined;
    if (!isFirst && isEmpty) return;
    this.unresolved.push(...content.unresolved.map((mistake) => ({ source, mistake })));
    const place = this.pieces.length;
    this.pieces.push({ source, document: content });
    if (!isWrittenMap(content.value) || !Object.hasOwn(content.value, 'include')) return;
    const { include, ...value } = content.value;
    const paths = typeof include === 'string' ? [include] : include;
    // Validation says what is wrong with any other value.
    if (!isPaths(paths)) return;
    this.pieces[place] = { source, document: { ...content, value, unquoted: withoutInclude(content.unquoted) } };
    for (const [index, path] of paths.entries()) {
      const problem = { path: typeof include === 'string' ? ['include'] : ['include', index] };
      await this.#include(path, { source, document: content }, problem.path, way);
    }
  }

  async #include(path: string, by: Piece, key: Problem['path'], way: readonly string[]): Promise<void> {
    const refuse = (mistake: Mistake): void => {
      const { document, source } = by;
      this.mistakes.push({ source, mistake: { ...document.locate({ path: key, mistake }), mistake } });
    };
    const file = isAbsolute(path) ? path : join(dirname(by.source.file), path);
    const found = await this.#find(file);
    if (found instanceof Mistake) {
      refuse(found);
      return;
    }
    for (const each of found) {
      const real = await realPathOf(each);
      // A link that leads to another file is a change as well.
      this.#files.add(resolve(each));
      if (way.includes(real)) {
        refuse(new Mistake(`${path} includes itself`, 'Take one of the files out of the circle.'));
      } else if (!this.#read.has(real)) {
        await this.take(await readSource(each, this.#env), [...way, real]);
      }
    }
  }

  /** A file, or the configs of a folder in the order of their names. */
  async #find(path: string): Promise<readonly string[] | Mistake> {
    try {
      if (!(await stat(path)).isDirectory()) {
        if (INCLUDED_NAMES.test(path)) return [path];
        return new Mistake(`${path} is no YAML or JSON`, 'Include files that end in .yaml, .yml or .json.');
      }
      this.#files.add(resolve(path));
      const names = (await readdir(path)).filter((name) => INCLUDED_NAMES.test(name) && !name.startsWith('.'));
      return names.sort().map((name) => join(path, name));
    } catch (error) {
      const code = codeOrText(error);
      const why = code === 'ENOENT' ? 'there is no such file or folder' : `it cannot be read (${code})`;
      return new Mistake(`${path}: ${why}`, 'A path is relative to the file that includes it.');
    }
  }
}

/** One name for a file, whichever links lead to it; its own name if nothing is there. */
async function realPathOf(file: string): Promise<string> {
  return realpath(file).catch(() => resolve(file));
}

function withoutInclude(value: unknown): unknown {
  if (!isWrittenMap(value)) return value;
  const { include: _, ...rest } = value;
  return rest;
}

function isPaths(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
