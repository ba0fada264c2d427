/**
 * Where in the text of a module a value of its config is written. It only reads object and list literals and does not
 * parse the language: if it does not find a value for certain, it points to the export.
 */
import { type Problem, formatKey } from './errors.ts';
import type { Place } from './locator.ts';
import { type Literal, readLiterals } from './module-literals.ts';

export class ModuleLocator {
  readonly #text: string;
  #roots: readonly Literal[] | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** As the locator of YAML does, it leaves out segments that the text does not have at that level. */
  locate(problem: Problem): Place {
    this.#roots ??= readLiterals(this.#text);
    let best: { readonly found: Literal; readonly depth: number } | null = null;
    let isSure = false;
    for (const root of this.#roots) {
      const match = follow(root, problem.path);
      if (match.depth === 0 || (best !== null && match.depth < best.depth)) continue;
      isSure = best === null || match.depth > best.depth;
      best = match;
    }
    const key = formatKey(problem.path);
    if (best === null || !isSure) return { ...this.exportPlace(), key };
    const { found, depth } = best;
    const isWhole = depth === problem.path.length;
    const isKeyWanted = found.isContainer || (problem.atKey === true && isWhole);
    return {
      ...this.#placeOf(isKeyWanted ? found.keyStart : found.start, isKeyWanted ? found.keyEnd : found.end),
      key,
    };
  }

  /** Where the config is exported; the first line, where that is not found. */
  exportPlace(): Omit<Place, 'key'> {
    const match = /^[ \t]*export\s+(?:default\b|(?:const|let|var|function|async\s+function)\s+config\b)/m.exec(
      this.#text,
    );
    if (match === null) return { line: 1, column: 1, length: 1 };
    const start = match.index + match[0].search(/\S/);
    return this.#placeOf(start, match.index + match[0].length);
  }

  #placeOf(start: number, end: number): Omit<Place, 'key'> {
    const before = this.#text.slice(0, start);
    const line = before.split('\n').length;
    return { line, column: start - before.lastIndexOf('\n'), length: Math.max(1, end - start) };
  }
}

function follow(root: Literal, path: readonly (string | number)[]): { found: Literal; depth: number } {
  let found = root;
  let depth = 0;
  for (const [index, segment] of path.entries()) {
    const inner = found.children.get(segment);
    if (inner === undefined) {
      // A short form: the text lacks this level. A level that it has, without that key, ends the way.
      if (found.isContainer && typeof segment === 'string') break;
      continue;
    }
    found = inner;
    depth = index + 1;
  }
  return { found, depth };
}
